"""The commands `spoedkader questionnaire`: a hospital's questionnaire as a form that is filled in elsewhere."""
