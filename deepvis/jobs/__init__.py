"""Long work: jobs are values, their results are files named by what made them."""
