"""The stages, one verb a file: load, call one domain function, save.

mine -> label -> describe -> materialize -> assemble -> train -> validate -> register, deploy -> score -> report
                                                                       \\-> archive, where it did not pass
"""
