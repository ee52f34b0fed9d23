# Two commands do everything on a fresh machine: `make run` and `make test`.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# A real window needs more libraries than an import does; this plugin names them.
QT_XCB = .venv/lib/python*/site-packages/PySide6/Qt/plugins/platforms/libqxcb.so

# What Qt and the tests need from Debian or Ubuntu.
QT_LIBRARIES := libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0
TEST_TOOLS := xvfb poppler-utils qpdf gnome-keyring dbus dovecot-imapd

.PHONY: help run test lint bench soak screenshots constraints clean
help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'

run: $(STAMP) .venv/.libraries  ## open the app on the sample campaign; without a display, run the main job into outreach-demo/
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
	  exec $(BIN)/outreach; \
	else \
	  echo "No display here: running headless, the same job as 'outreach demo --output outreach-demo'."; \
	  exec $(BIN)/outreach demo --output outreach-demo; \
	fi

test: $(STAMP) .venv/.libraries .venv/.tools  ## run every test
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

lint: $(STAMP)  ## format, style, types, layers
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(STAMP) .venv/.libraries  ## print ratios against named baselines
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest tests/benchmarks -o addopts="" -q -s

soak: $(STAMP) .venv/.libraries  ## 500 letters to a failing server; the app killed 200 times, and 300 at copies and updates
	OUTREACH_SOAK=1 $(BIN)/python -m pytest -q -o timeout=1400 tests/integration/test_under_fire.py tests/integration/test_copies.py

screenshots: $(STAMP) .venv/.libraries .venv/.tools  ## take the README's pictures of the real window
	QT_QPA_PLATFORM=offscreen $(BIN)/python tests/screenshots.py resources/screenshots

constraints:  ## write down the versions that are installed now, in a new environment, as those tested
	rm -rf .venv/constraints && $(PYTHON) -m venv .venv/constraints
	.venv/constraints/bin/python -m pip install --quiet --disable-pip-version-check '.[dev]'
	{ head -1 constraints.txt; .venv/constraints/bin/python -m pip freeze | grep -E '^[A-Za-z0-9_.-]+==' | grep -v '^outreach==' | sort -f; } > constraints.new
	mv constraints.new constraints.txt && rm -rf .venv/constraints

clean:  ## remove what the commands above made
	rm -rf .venv dist build outreach-demo

# A virtual environment with the app in it; made again when pyproject.toml changes. On the Python that constraints.txt was made
# with, the versions are those that CI tested.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "outreach needs Python 3.11 or newer; say which one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call install,python3-venv)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' \
	  $$($(BIN)/python -c 'import sys; print("--constraint constraints.txt" if sys.version_info[:2] == (3, 11) else "")')
	@touch $@

.venv/.libraries: $(STAMP)
	@{ QT_QPA_PLATFORM=offscreen $(BIN)/python -c 'import PySide6.QtWidgets, PySide6.QtPdfWidgets, PySide6.QtPrintSupport, PySide6.QtCharts' && ! ldd $(QT_XCB) | grep -q 'not found'; } 2>/dev/null || [ "$$(uname)" = Darwin ] || $(call install,$(QT_LIBRARIES))
	@touch $@

.venv/.tools: $(STAMP)
	@{ command -v Xvfb && command -v pdftotext && command -v qpdf && command -v gnome-keyring-daemon && command -v dbus-run-session && command -v dovecot; } >/dev/null 2>&1 || [ "$$(uname)" = Darwin ] || $(call install,$(TEST_TOOLS))
	@touch $@

# Install Debian packages as root or with sudo; otherwise name the one command to type.
define install
{ if ! command -v apt-get >/dev/null; then echo "Please install the equivalent of these Debian packages: $(1)"; exit 1; \
  elif [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1); \
  elif sudo -n true 2>/dev/null; then sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1); \
  else echo "Type this once, then run make again:  sudo apt-get install $(1)"; exit 1; fi; }
endef
