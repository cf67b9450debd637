"""Who calls: organisations by their certificates, users by their tokens, and what each of them may do and see."""
