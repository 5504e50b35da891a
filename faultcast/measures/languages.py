"""THE TABLE of languages: which node types of its tree-sitter grammar mean what, one row a language.

A new language is a new row here, a wheel in pyproject.toml and a sample in the tests; the engine does not change.
Node types are the grammar's own names. What each set does to the numbers is said once, at `Language`.
"""

from dataclasses import dataclass, field, replace

Names = frozenset[str]
NONE: Names = frozenset()


def words(text: str) -> Names:
    """A set of words, written the way people read one."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Language:
    """One row.

    "Decision" means 1 more cyclomatic; "nests" means 1 more cognitive and 1 a level it stands in, and deeper inside.
    """

    name: str
    module: str  # the wheel's Python module
    suffixes: tuple[str, ...]
    entry: str = "language"  # the function of the module that gives the grammar
    functions: Names = NONE  # a unit of its own, if it has a body
    arrows: Names = NONE  # a unit if its body is a block, otherwise a lambda
    lambdas: Names = NONE  # belongs to the unit around it, a level deeper
    classes: Names = NONE  # their names stand before those of the units inside
    binders: Names = NONE  # give a nameless function its name: `const f = () => {...}`
    arguments: Names = NONE  # in a top block: count as its parameters
    top_blocks: Names = NONE  # outermost: a unit; inside one: a loop if labelled as in `loop_labels`
    loop_labels: frozenset[bytes] = frozenset()
    needs_body: bool = True  # a function without a body (abstract, `= default`) is no unit
    branches: Names = NONE  # nests, decision; its elses cost 1 cognitive
    elses: Names = NONE
    else_ifs: Names = NONE  # decision, 1 cognitive, not deeper than its branch
    else_field: bool = False  # the grammar has no else node, only a field `alternative`
    else_decides: Names = NONE  # loops and tries whose else is a decision (as in radon)
    ternaries: Names = NONE  # nests, decision
    loops: Names = NONE  # nests, decision
    catches: Names = NONE  # nests, decision
    switches: Names = NONE  # nests
    cases: Names = NONE  # decision, unless it is the default
    decisions: Names = NONE  # decision and nothing else
    logic: Names = NONE  # holds short-circuit operators: a decision each, 1 cognitive a run of equal ones
    logic_operators: Names = frozenset({"&&", "||"})
    wrappers: Names = frozenset({"parenthesized_expression"})  # do not interrupt such a run
    jumps: Names = NONE  # 1 cognitive when it names a label
    labels: Names = NONE
    comments: Names = frozenset({"comment"})
    docstrings: Names = NONE  # a statement that is only a string counts as a comment
    imports: Names = NONE
    import_calls: Names = NONE  # an import when the first child's text is in `import_names`
    import_names: frozenset[bytes] = frozenset()
    strings: Names = NONE  # one operand each; only its interpolations are looked into
    interpolations: Names = NONE
    interpolation_mark: bytes = b""  # in the text of a string that may hold one
    plain_strings: Names = NONE  # those of `strings` that hold none
    named_operators: Names = NONE
    closers: Names = field(default=frozenset({")", "]", "}"}))  # half of a pair: not counted again


_C = Language(
    name="c",
    module="tree_sitter_c",
    suffixes=(".c",),
    functions=words("function_definition"),
    branches=words("if_statement"),
    elses=words("else_clause"),
    ternaries=words("conditional_expression"),
    loops=words("for_statement while_statement do_statement"),
    switches=words("switch_statement"),
    cases=words("case_statement"),
    catches=words("seh_except_clause"),
    logic=words("binary_expression"),
    jumps=words("goto_statement"),
    labels=words("statement_identifier"),
    imports=words("preproc_include"),
    strings=words("string_literal char_literal system_lib_string"),
)

_JAVASCRIPT_LOOPS = "for_statement for_in_statement while_statement do_statement"
_JAVASCRIPT_FUNCTIONS = (
    "function_declaration function_expression generator_function generator_function_declaration method_definition"
)


def _script(name: str, module: str, suffixes: tuple[str, ...], entry: str = "language") -> Language:
    """JavaScript and TypeScript share every node type that matters here."""
    return Language(
        name=name,
        module=module,
        suffixes=suffixes,
        entry=entry,
        functions=words(_JAVASCRIPT_FUNCTIONS),
        arrows=words("arrow_function"),
        classes=words("class_declaration class"),
        binders=words("variable_declarator assignment_expression pair"),
        branches=words("if_statement"),
        elses=words("else_clause"),
        ternaries=words("ternary_expression"),
        loops=words(_JAVASCRIPT_LOOPS),
        catches=words("catch_clause"),
        switches=words("switch_statement"),
        cases=words("switch_case"),
        logic=words("binary_expression"),
        logic_operators=frozenset({"&&", "||", "??"}),
        jumps=words("break_statement continue_statement"),
        labels=words("statement_identifier"),
        comments=words("comment html_comment hash_bang_line"),
        imports=words("import_statement"),
        import_calls=words("call_expression"),
        import_names=frozenset({b"require", b"import"}),
        strings=words("string template_string regex"),
        interpolations=words("template_substitution"),
        interpolation_mark=b"${",
        plain_strings=words("string regex"),
    )


LANGUAGES: tuple[Language, ...] = (
    Language(
        name="python",
        module="tree_sitter_python",
        suffixes=(".py", ".pyw", ".pyi"),
        functions=words("function_definition"),
        lambdas=words("lambda"),
        classes=words("class_definition"),
        branches=words("if_statement"),
        elses=words("else_clause"),
        else_ifs=words("elif_clause"),
        else_decides=words("for_statement while_statement try_statement"),
        ternaries=words("conditional_expression"),
        loops=words("for_statement while_statement"),
        catches=words("except_clause"),
        switches=words("match_statement"),
        cases=words("case_clause"),
        decisions=words("assert_statement for_in_clause if_clause"),
        logic=words("boolean_operator"),
        logic_operators=frozenset({"and", "or"}),
        docstrings=words("expression_statement"),
        imports=words("import_statement import_from_statement future_import_statement"),
        strings=words("string"),
        interpolations=words("interpolation"),
        interpolation_mark=b"{",
    ),
    Language(
        name="java",
        module="tree_sitter_java",
        suffixes=(".java",),
        functions=words("method_declaration constructor_declaration compact_constructor_declaration"),
        lambdas=words("lambda_expression"),
        classes=words("class_declaration interface_declaration enum_declaration record_declaration"),
        branches=words("if_statement"),
        else_field=True,
        ternaries=words("ternary_expression"),
        loops=words("for_statement enhanced_for_statement while_statement do_statement"),
        catches=words("catch_clause"),
        switches=words("switch_expression"),
        cases=words("switch_label"),
        logic=words("binary_expression"),
        jumps=words("break_statement continue_statement"),
        labels=words("identifier"),
        comments=words("line_comment block_comment"),
        imports=words("import_declaration"),
        strings=words("string_literal character_literal"),
    ),
    _script("javascript", "tree_sitter_javascript", (".js", ".jsx", ".mjs", ".cjs")),
    _script("typescript", "tree_sitter_typescript", (".ts", ".mts", ".cts"), "language_typescript"),
    _script("typescript", "tree_sitter_typescript", (".tsx",), "language_tsx"),
    Language(
        name="go",
        module="tree_sitter_go",
        suffixes=(".go",),
        functions=words("function_declaration method_declaration"),
        lambdas=words("func_literal"),
        branches=words("if_statement"),
        else_field=True,
        loops=words("for_statement"),
        switches=words("expression_switch_statement type_switch_statement select_statement"),
        cases=words("expression_case type_case communication_case"),
        logic=words("binary_expression"),
        jumps=words("goto_statement break_statement continue_statement"),
        labels=words("label_name"),
        imports=words("import_spec"),
        strings=words("interpreted_string_literal raw_string_literal"),
        closers=words(") ] }") | {"\n", "\0"},
    ),
    _C,
    replace(
        _C,
        name="cpp",
        module="tree_sitter_cpp",
        # A header may belong to C or C++; the C++ grammar reads both.
        suffixes=(".cc", ".cpp", ".cxx", ".c++", ".h", ".hh", ".hpp", ".hxx", ".ipp", ".inl"),
        lambdas=words("lambda_expression"),
        classes=words("class_specifier struct_specifier"),
        loops=_C.loops | words("for_range_loop"),
        catches=_C.catches | words("catch_clause"),
        logic_operators=frozenset({"&&", "||", "and", "or"}),
        strings=_C.strings | words("raw_string_literal"),
    ),
    Language(
        name="csharp",
        module="tree_sitter_c_sharp",
        suffixes=(".cs",),
        functions=words(
            "method_declaration constructor_declaration destructor_declaration operator_declaration"
            " conversion_operator_declaration local_function_statement accessor_declaration"
        ),
        lambdas=words("lambda_expression anonymous_method_expression"),
        classes=words("class_declaration interface_declaration struct_declaration record_declaration"),
        branches=words("if_statement"),
        else_field=True,
        ternaries=words("conditional_expression"),
        loops=words("for_statement foreach_statement while_statement do_statement"),
        catches=words("catch_clause"),
        switches=words("switch_statement switch_expression"),
        cases=words("switch_section switch_expression_arm"),
        logic=words("binary_expression"),
        logic_operators=frozenset({"&&", "||", "??"}),
        jumps=words("goto_statement"),
        labels=words("identifier"),
        imports=words("using_directive"),
        strings=words(
            "string_literal character_literal verbatim_string_literal raw_string_literal interpolated_string_expression"
        ),
        interpolations=words("interpolation"),
        interpolation_mark=b"{",
    ),
    Language(
        name="rust",
        module="tree_sitter_rust",
        suffixes=(".rs",),
        functions=words("function_item"),
        classes=words("impl_item trait_item"),
        lambdas=words("closure_expression"),
        branches=words("if_expression"),
        elses=words("else_clause"),
        loops=words("for_expression while_expression loop_expression"),
        switches=words("match_expression"),
        cases=words("match_arm"),
        logic=words("binary_expression let_chain"),
        jumps=words("break_expression continue_expression"),
        labels=words("label"),
        comments=words("line_comment block_comment"),
        imports=words("use_declaration extern_crate_declaration"),
        strings=words("string_literal raw_string_literal char_literal"),
    ),
    Language(
        name="ruby",
        module="tree_sitter_ruby",
        suffixes=(".rb", ".rake", ".gemspec"),
        functions=words("method singleton_method"),
        lambdas=words("lambda block do_block"),
        classes=words("class module"),
        needs_body=False,
        branches=words("if unless if_modifier unless_modifier"),
        elses=words("else"),
        else_ifs=words("elsif"),
        ternaries=words("conditional"),
        loops=words("while until for while_modifier until_modifier"),
        catches=words("rescue rescue_modifier"),
        switches=words("case case_match"),
        cases=words("when in_clause"),
        logic=words("binary"),
        logic_operators=frozenset({"&&", "||", "and", "or"}),
        wrappers=words("parenthesized_statements"),
        import_calls=words("call"),
        import_names=frozenset({b"require", b"require_relative", b"load", b"autoload"}),
        strings=words("string bare_string heredoc_body regex subshell delimited_symbol character"),
        interpolations=words("interpolation"),
        interpolation_mark=b"#{",
        closers=words(") ] } end"),
    ),
    Language(
        name="hcl",
        module="tree_sitter_hcl",
        suffixes=(".tf", ".hcl", ".tofu"),
        top_blocks=words("block"),
        arguments=words("attribute"),
        loop_labels=frozenset({b"dynamic"}),
        ternaries=words("conditional template_if"),
        loops=words("for_expr template_for"),
        decisions=words("for_cond"),
        logic=words("binary_operation"),
        wrappers=words("expression operation"),
        import_calls=words("block"),
        import_names=frozenset({b"module"}),
        strings=words("string_lit quoted_template heredoc_template"),
        interpolations=words("template_interpolation template_directive"),
        interpolation_mark=b"{",
        named_operators=words("template_interpolation_start template_directive_start ellipsis"),
    ),
)
