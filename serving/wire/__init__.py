"""The wire formats: JSON and tensors <-> requests and answers. Nobody listens here.

requests    the nouns: what can be asked, what is answered      fields    reading one field of a stranger's JSON
instances   JSON instances and V1 answers                       tensors   V2's tensors
change, hunks   a change as its files -> a commit
"""
