"""The pages `/setup`: from a pixel's code to a proven pair; what is done is seen from what was reported."""
