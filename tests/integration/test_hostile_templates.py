"""Templates that attack or exhaust: each is stopped with one sentence, and nothing of it
happens outside its process.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from outreach.errors import NotFoundError, OutreachError, TemplateError
from outreach.letters import sandbox as sandbox_module
from outreach.letters.checks import check_template
from outreach.letters.sandbox import TemplateSandbox
from outreach.letters.templates import load_template, read_template, templates_list
from outreach.store.database import Database

HEAD = "---\ntitle: T\naudience: [any]\nlanguage: en\nsubject: S\n---\n"
OUTREACH = [sys.executable, "-m", "outreach"]

BOMBS = {
    "a power": "{{ 10**(10**9) }}",
    "a power of strings": "{{ (range(99999)|map('string')|join|int) ** 99999 }}",
    "a repeated string": "{{ 'a'*10**9 }}",
    "a repeated list": "{{ ['a']*10**9 }}",
    "a product of products": "{{ ('a'*10**7) * 100 }}",
    "a range": "{% for a in range(10**9) %}x{% endfor %}",
    "loops in loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "a macro that calls itself": "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "a loop that calls itself": "{% for x in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    "a recursive block": "{% block a %}{{ self.a() }}{% endblock %}",
    "a joined range": "{{ range(99999)|join('x'*10000) }}",
    "a joined list": "{{ ('x'*10**6).join(['a']*1000) }}",
    "center": "{{ 'a'|center(10**9) }}",
    "center as a method": "{{ 'a'.center(10**9) }}",
    "ljust": "{{ 'a'.ljust(10**9) }}",
    "zfill": "{{ '1'.zfill(10**9) }}",
    "indent": "{{ ('a\n'*1000)|indent(10**6) }}",
    "wordwrap": "{{ ('a '*10**7)|wordwrap(1) }}",
    "batch": "{{ range(99999)|batch(10**9, 'x')|list }}",
    "slice": "{{ range(99999)|slice(10**9)|list }}",
    "a width as a filter": "{{ '%0999999999d'|format(1) }}",
    "a width": "{{ '%0999999999d' % 1 }}",
    "a format's width": "{{ '{:>999999999}'.format(1) }}",
    "brackets": "{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}",
    "lists in lists": "{{ " + "[" * 5_000 + "]" * 5_000 + " }}",
    "braces": "{{" * 90_000,
    "a long number": "{{ " + "9" * 150_000 + " }}",
    "a number too long to print": "{{ (10**5001)|string }}",
    "a doubled string": (
        "{% set n = namespace(a='x') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a }}"
    ),
    "a doubled list": (
        "{% set n = namespace(a=[1]) %}{% for i in range(99) %}{% set n.a = n.a + n.a %}{% endfor %}"
    ),
    "json": "{{ range(99999)|list|tojson }}",
    "pprint": "{{ range(99999)|list|pprint }}",
    "urlize": "{{ ('http://a.b '*10**5)|urlize }}",
    "a float": "{{ 1e308**9 }}",
    "replace": "{{ ('a'*10**6)|replace('a', 'b'*10**6) }}",
    "replace nothing": "{{ ('a'*10**4).replace('', 'x'*10**6) }}",
    "title": "{{ ('a '*10**8)|title }}",
    "concatenation": "{% set x = 'a'*5*10**7 %}{% set y = x ~ x ~ x %}",
    "too much text": "{% for i in range(99999) %}{{ facts.victim }}{% endfor %}",
    "ifs in ifs": "{% if 1 %}" * 5_000,
    "fors in fors": "{% for x in [1] %}" * 60 + "x" + "{% endfor %}" * 60,
    "a long sum": "{{ 1" + "+1" * 20_000 + " }}",
    "a long chain of filters": "{{ 'a'" + "|upper" * 9_000 + " }}",
    "a long chain of names": "{{ facts" + ".a" * 20_000 + " }}",
    "sorting again and again": "{% for i in range(99999) %}{% set x = range(99999)|sort %}{% endfor %}",
    "uniqueness": "{% for i in range(99999) %}{{ range(9999)|unique|list|length }}{% endfor %}",
    "many places": "{{ facts.victim }}" * 9_000
    + "{% for i in range(99) %}{{ facts.victim * 500 }}{% endfor %}",
}
ESCAPES = {
    "globals of a filter": "{{ (''|safe).join.__globals__ }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "bases of a list": "{{ [].__class__.__base__.__subclasses__() }}",
    "a class in brackets": "{{ ''['__class__'] }}",
    "the attr filter (CVE-2025-27516)": "{{ ''|attr('__class__') }}",
    "format through attr": "{{ ('{0.__class__}'|attr('format'))(1) }}",
    "map to an attribute": "{{ ['']|map(attribute='__class__')|list }}",
    "map to attr": "{{ ['']|map('attr', '__class__')|list }}",
    "str.format (CVE-2016-10745)": "{{ '{0.__class__}'.format(1) }}",
    "str.format_map (CVE-2019-10906)": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "str.format held (CVE-2024-56326)": "{% set f = '{0.__class__}'.format %}{{ f(1) }}",
    "str.format in brackets": "{{ ''['format']('x') }}",
    "format of safe text": "{{ ('{0.__class__}'|safe).format(1) }}",
    "map to format": "{{ ['{0.__class__}']|map('format', 1)|list }}",
    "the format filter": "{{ '%s'|format(facts) }}",
    "include": "{% include '/etc/passwd' %}",
    "include above": "{% include '../../pyproject.toml' %}",
    "import": "{% import '/etc/passwd' as x %}",
    "from import": "{% from '../x' import y %}",
    "extends": "{% extends '/etc/passwd' %}",
    "a file name with code (CVE-2024-56201)": "{% include '\\n\\nimport os' %}",
    "self": "{{ self.__init__.__globals__ }}",
    "self's context": "{{ self._TemplateReference__context }}",
    "cycler": "{{ cycler.__init__.__globals__ }}",
    "joiner": "{{ joiner.__init__.__globals__ }}",
    "lipsum": "{{ lipsum.__globals__ }}",
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "a namespace's class": "{% set n = namespace() %}{{ n.__class__ }}",
    "range": "{{ range.__globals__ }}",
    "dict": "{{ dict.mro() }}",
    "request": "{{ request }}",
    "config": "{{ config }}",
    "builtins": "{{ __builtins__ }}",
    "a generator's frame": "{{ (['a']|map('upper')).gi_frame.f_globals }}",
    "a generator's code": "{{ (['a']|select).gi_code }}",
    "a macro's function": "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
    "a macro's closure": "{% macro m() %}{% endmacro %}{{ m.__closure__ }}",
    "caller": "{% macro m() %}{{ caller.__init__.__globals__ }}{% endmacro %}{% call m() %}{% endcall %}",
    "pprint": "{{ facts|pprint }}",
    "loop": "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
    "loop's own": "{% for x in [1] %}{{ loop._iterable }}{% endfor %}",
    "undefined": "{{ facts.victim.nothing.__class__ }}",
    "facts' class": "{{ facts.__class__ }}",
    "a fact's dictionary": "{{ facts.victim.__dict__ }}",
    "a fact's own": "{{ facts.victim.pieces }}",
    "a method's self": "{{ facts.victim.upper.__self__.__class__ }}",
    "append": "{{ [].append(1) }}",
    "update": "{{ case.update({'a': 1}) }}",
    "encode": "{{ 'a'.encode('idna') }}",
    "unescape": "{{ ('a'|safe).unescape() }}",
    "escape": "{{ ('a'|safe).escape.__func__ }}",
    "block": "{% block a %}{{ self.a.__init__.__globals__ }}{% endblock %}",
    "super": "{% block a %}{{ super.__init__ }}{% endblock %}",
    "translations": "{% trans %}x{% endtrans %}",
    "statements": "{% do [].append(1) %}",
    "debug": "{% debug %}",
    "autoescape": "{% autoescape false %}{{ facts.victim }}{% endautoescape %}",
    "xmlattr (CVE-2024-22195)": "{{ {'a b': 1}|xmlattr }}",
}
LAUGHS = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(12))
FRONTS = {
    "aliases of aliases": LAUGHS,
    "an alias": "title: &t T\naudience: [any]\nlanguage: en\nsubject: *t\n",
    "lists in lists": "title: " + "[" * 9_000 + "]" * 9_000 + "\n",
    "a long one": "title: T\n" * 9_000,
    "a long number": "title: " + "9" * 15_000 + "\n",
    "Python": "title: !!python/object/apply:os.getcwd []\n",
    "a tag of its own": "title: !new T\n",
    "strange keys": "? [1, 2]\n: x\n",
    "a subject that is a bomb": "title: T\naudience: [any]\nlanguage: en\nsubject: '{{ 10**(10**9) }}'\n",
}


def write(folder: Path, body: str, head: str = HEAD) -> Path:
    path = folder / "mine.md.j2"
    path.write_text(head + body, encoding="utf-8")
    return path


def sentence(database: Database, sandbox: TemplateSandbox, path: Path) -> str:
    """What is said of a template that cannot be used."""
    with database.read() as session, sandbox.command():
        try:
            (problem,) = check_template(session, sandbox, read_template(path, sandbox), "magnitsky")
        except OutreachError as error:
            problem = str(error)
    return problem


def is_plain(said: str) -> bool:
    return 20 < len(said) < 600 and "\n" not in said and "Traceback" not in said and "/lib/python" not in said


@pytest.mark.parametrize("name", BOMBS)
def test_a_template_that_exhausts_is_stopped_with_a_sentence(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, name: str
) -> None:
    assert is_plain(sentence(database, sandbox, write(tmp_path, BOMBS[name])))


@pytest.mark.parametrize("name", ESCAPES)
def test_a_template_that_reaches_for_python_is_refused_with_a_sentence(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, name: str
) -> None:
    assert is_plain(sentence(database, sandbox, write(tmp_path, ESCAPES[name])))


@pytest.mark.parametrize("name", FRONTS)
def test_a_front_matter_that_exhausts_or_is_code_is_refused_with_a_sentence(
    database: Database, sandbox: TemplateSandbox, tmp_path: Path, name: str
) -> None:
    said = sentence(database, sandbox, write(tmp_path, "text", f"---\n{FRONTS[name]}---\n"))
    assert is_plain(said)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's list of loaded libraries")
def test_reading_a_template_loads_no_library(tmp_path: Path) -> None:
    dynamic = Path(str(sysconfig.get_config_var("DESTSHARED")))
    library = tmp_path / "marker.so"
    library.write_bytes(next(dynamic.glob("*.so")).read_bytes())
    loads = f"{{{{ (''|safe).join.__globals__['t'].sys.modules['ctypes'].cdll['{library}'] }}}}"
    assert ctypes.cdll  # is loaded in this process, as PySide6 and others do
    with contextlib.suppress(TemplateError):
        read_template(write(tmp_path, loads))
    assert str(library) not in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_the_worker_can_open_no_file_and_sees_nothing_of_the_surroundings(
    sandbox: TemplateSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/proc/self/limits").exists():
        pytest.skip("needs Linux's list of limits")
    monkeypatch.setenv("OUTREACH_SECRET", "hunter2")
    with TemplateSandbox() as own:
        own.render("t", {"body": "x"}, {"facts": {}})
        assert own._process is not None
        of_it = Path(f"/proc/{own._process.pid}")
        limits = of_it.joinpath("limits").read_text(encoding="utf-8")
        assert "hunter2" not in of_it.joinpath("environ").read_text(encoding="utf-8")
        assert of_it.joinpath("cwd").readlink() == Path("/")
        assert len(list(of_it.joinpath("fd").iterdir())) == 3
    for limit, most in (("Max open files", "3"), ("Max file size", "0"), ("Max core file size", "0")):
        assert any(
            line.startswith(limit) and line.split()[len(limit.split())] == most
            for line in limits.splitlines()
        )


def test_the_time_of_a_command_is_not_multiplied_by_its_recipients(tmp_path: Path) -> None:
    lingering = "{% for i in range(99999) %}{% set a = i %}{% endfor %}" * 40
    context = {"facts": {}}
    rendered = 0
    with TemplateSandbox() as own, pytest.raises(TemplateError, match="never ends"):
        for _ in range(1_000):
            own.render("t", {"body": lingering}, context)
            rendered += 1
    assert rendered < 30


def test_the_text_of_a_command_is_not_multiplied_by_its_recipients(tmp_path: Path) -> None:
    made = 0
    with TemplateSandbox() as own, pytest.raises(TemplateError, match="room"):
        for _ in range(10_000):
            made += len(own.render("t", {"body": "{{ 'x' * 190000 }}"}, {"facts": {}}).parts["body"])
    assert made <= sandbox_module.CHARACTERS * 1.1


def test_a_command_for_many_recipients_has_time_for_all_of_them() -> None:
    body = "On {{ facts.day }} we wrote to {{ recipient.name }}. " * 20
    facts = {
        "day": {"in_prose": "1 May", "value": "1 May", "label": "Day", "raw": "2011-05-01", "type": "date"}
    }
    with TemplateSandbox(seconds=0.2) as own:
        for number in range(600):
            own.render("t", {"body": body}, {"facts": facts, "recipient": {"name": f"N{number}"}})


def test_after_a_command_that_was_stopped_the_next_one_has_all_its_time() -> None:
    with contextlib.closing(TemplateSandbox(seconds=0.3)) as own:
        for _ in range(2):
            with pytest.raises(TemplateError, match="never ends"):
                own.render("t", {"body": BOMBS["loops in loops"]}, {"facts": {}})
            assert own.render("t", {"body": "fine"}, {"facts": {}}).parts == {"body": "fine"}


def test_nothing_of_one_recipients_letter_is_left_for_the_next() -> None:
    body = (
        "{% set n = namespace(seen=[]) %}{% set n.seen = n.seen + [recipient.name] %}{{ n.seen|join(', ') }}"
    )
    with TemplateSandbox() as own:
        for name in ("Anna", "Bob"):
            made = own.render("t", {"body": body}, {"facts": {}, "recipient": {"name": name}})
            assert made.parts["body"] == name


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_devices_and_folders_are_not_read_as_templates(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.md.j2"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(TemplateError, match=r"cannot be read.*Name a file"):
            load_template(str(path))
        with pytest.raises(TemplateError, match=r"cannot be read.*Name a file"):
            read_template(path)
    for name in ("x" * 5_000, "a\x00b", ""):
        with pytest.raises(NotFoundError, match="There is no template"):
            load_template(name)


def test_files_that_were_read_once_are_read_again_without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    first = templates_list()
    monkeypatch.setattr(TemplateSandbox, "inspect", None)
    assert templates_list() == first


def run(*arguments: str) -> tuple[int, str, float, int, list[str]]:
    """Exit code, what was said on standard error, seconds of the processor, kB of the largest
    process, processes that are left.
    """
    code = (
        "import os, pathlib, resource, subprocess, sys\n"
        "os.setsid()\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, encoding='utf-8')\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
        "for status in pathlib.Path('/proc').glob('[0-9]*/stat'):\n"
        "    try:\n"
        "        fields = status.read_text(errors='replace').rpartition(')')[2].split()\n"
        "    except OSError:\n"
        "        continue\n"
        "    if fields[3] == str(os.getpid()) and status.parent.name != fields[3]:\n"
        "        print(status.parent.name)\n"
        "print(done.stderr, file=sys.stderr, end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *OUTREACH, *arguments], capture_output=True, encoding="utf-8", check=True
    )
    first, *left = done.stdout.splitlines()
    exit_code, seconds, largest = first.split()
    return int(exit_code), done.stderr, float(seconds), int(largest), left


@pytest.mark.skipif(sys.platform != "linux", reason="counts processor time as Linux does")
@pytest.mark.parametrize("body", ["{{ 10**(10**9) }}", "{{ 'a'*10**9 }}", "{{ 'x' * 190000 }}" * 2, LAUGHS])
def test_a_command_with_a_bomb_ends_soon_in_one_sentence_and_leaves_no_process(
    sample_path: Path, tmp_path: Path, body: str
) -> None:
    path = write(tmp_path, body) if body != LAUGHS else write(tmp_path, "", f"---\n{LAUGHS}---\n")
    draft = ("letters", "draft", "--case", "magnitsky", "--to", "all", "--template", str(path), "--dry-run")
    for arguments in (("templates", "check", str(path)), draft):
        code, said, seconds, largest, left = run("--database", str(sample_path), *arguments)
        assert code == 1
        assert said.startswith("outreach: ")
        assert said.count("\n") == 1
        assert seconds < 8
        assert largest < 300 * 1024
        assert left == []


@pytest.mark.skipif(
    not hasattr(os, "pidfd_open"), reason="waits for a process of somebody else as Linux allows"
)
@pytest.mark.parametrize("body", ["fine", "{{ 10**(10**9) }}"])
def test_the_worker_ends_when_the_program_is_killed(body: str) -> None:
    code = (
        "from outreach.letters.sandbox import TemplateSandbox\n"
        "s = TemplateSandbox(seconds=2.0)\ns.render('t', {'body': 'x'}, {'facts': {}})\n"
        "print(s._process.pid, flush=True)\n"
        f"s.render('t', {{'body': {body!r}}}, {{'facts': {{}}}})\ninput()"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert program.stdout is not None
    worker = os.pidfd_open(int(program.stdout.readline()))
    try:
        program.send_signal(signal.SIGKILL)
        program.communicate()
        assert select.select([worker], [], [], 60)[0] == [worker], "the worker lives on"
    finally:
        os.close(worker)


def test_the_program_itself_never_imports_jinja(sample_path: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "Dear {{ facts.victim }}")
    code = (
        "import sys\nfrom outreach.cli.main import main\n"
        f"assert main(['--database', {str(sample_path)!r}, 'templates', 'check', {str(path)!r}]) == 0\n"
        f"assert main(['--database', {str(sample_path)!r}, 'letters', 'draft', '--case', 'magnitsky', "
        "'--to', 'all']) == 0\nassert 'jinja2' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
