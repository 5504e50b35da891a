"""The languages of the catalogue of smells, and how a file of each is called."""

SUFFIXES = {
    "python": ".py",
    "java": ".java",
    "javascript": ".js",
    "typescript": ".ts",
    "go": ".go",
    "c": ".c",
    "cpp": ".cpp",
    "csharp": ".cs",
    "rust": ".rs",
    "ruby": ".rb",
    "hcl": ".tf",
}
