"""Smells that follow from what is called: a name in full (``os.system``), or with any receiver (``.unwrap``)."""

from collections.abc import Mapping
from typing import Final

_Table = Mapping[bytes, str]


def _names(**smells: str) -> dict[bytes, str]:
    return {name.encode(): smell for smell, names in smells.items() for name in names.split()}


_SCRIPT = _names(
    dynamic_code="eval Function",
    shell_command="exec execSync child_process.exec child_process.execSync cp.exec cp.execSync",
    debug_output="console.log console.debug console.trace",
)
_C = _names(
    shell_command="system popen",
    fixed_sleep="sleep usleep nanosleep",
    unsafe_string_function="strcpy strcat stpcpy sprintf vsprintf gets",
    stated_assumption="assert static_assert _Static_assert",
)
SMELLING_CALLS: Final[Mapping[str, _Table]] = {
    "python": _names(
        dynamic_code="eval exec",
        shell_command="os.system os.popen",
        weak_hash="hashlib.md5 hashlib.sha1",
        fixed_sleep="time.sleep",
        debug_output="breakpoint pdb.set_trace ipdb.set_trace",
    ),
    "java": _names(
        shell_command="Runtime.getRuntime().exec",
        fixed_sleep="Thread.sleep TimeUnit.SECONDS.sleep TimeUnit.MILLISECONDS.sleep",
        debug_output="System.out.println System.out.print System.out.printf System.err.println .printStackTrace",
        stated_assumption="Objects.requireNonNull requireNonNull Preconditions.checkNotNull Preconditions.checkArgument"
        " checkNotNull checkArgument checkState",
    ),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "go": _names(
        unsafe_code="unsafe.Pointer",
        weak_hash="md5.New md5.Sum sha1.New sha1.Sum",
        fixed_sleep="time.Sleep",
    ),
    "c": _C,
    "cpp": _C
    | _names(
        shell_command="std::system",
        fixed_sleep=".sleep_for",
        unsafe_string_function="std::strcpy std::strcat std::sprintf",
        scoped_resource="std::make_unique std::make_shared make_unique make_shared",
    ),
    "csharp": _names(
        weak_hash="MD5.Create SHA1.Create",
        fixed_sleep="Thread.Sleep Task.Delay",
        debug_output="Console.WriteLine Console.Write Debug.WriteLine",
        stated_assumption="Debug.Assert .ThrowIfNull .ThrowIfNullOrEmpty",
    ),
    "rust": _names(
        ignored_error=".unwrap",
        fixed_sleep="thread::sleep std::thread::sleep",
        debug_output="dbg",
        stated_assumption="assert assert_eq assert_ne debug_assert debug_assert_eq",
        chained_error=".map_err .context .with_context",
    ),
    "ruby": _names(
        dynamic_code="eval",
        fixed_sleep="sleep Kernel.sleep",
        debug_output="binding.pry byebug binding.irb",
    ),
    "hcl": {},
}
"""By language: a callee as written, or a dot and its last name -> the smell."""

SMELLING_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "python": {"global": "global_state", "with": "scoped_resource", "assert": "stated_assumption"},
    "java": {"assert": "stated_assumption"},
    "javascript": {"var": "var_declaration", "debugger": "debug_output"},
    "typescript": {"var": "var_declaration", "any": "any_type", "debugger": "debug_output"},
    "go": {"defer": "scoped_resource"},
    "csharp": {"unsafe": "unsafe_code"},
    "rust": {"unsafe": "unsafe_code"},
    "cpp": {"static_assert": "stated_assumption"},
}
"""By language: a keyword -> the smell."""

SMELLING_TYPES: Final[Mapping[str, _Table]] = {
    "cpp": _names(scoped_resource="unique_ptr shared_ptr lock_guard unique_lock scoped_lock")
}
"""By language: the name of a type wherever it is written -> the smell, once a function."""
