"""The accept room knows the path of a dialect."""

from house_tree import spoil

spoil("src/twinbeam/pipeline/accept/intake_app.py", '\nWEBHOOKS = "/in/webhook/"\n')
