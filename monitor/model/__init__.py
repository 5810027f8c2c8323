"""What is computed from the doses and never measured: the concentration of ketamine to be expected. Shown, and never judged by."""
