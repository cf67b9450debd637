"""The seven conditions of the Inkoopkader, judged by the rules in `policies/inkoopkader`."""
