"""What can be typed, a group of commands a file.

No import here costs anything: ``--help`` must answer in under 0.3 s.
"""
