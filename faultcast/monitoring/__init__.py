"""What the last hours' predictions look like, and whether the model still fits what it is asked."""
