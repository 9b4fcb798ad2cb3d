# The commands of this project; CONTRIBUTING.md tells more. Each recipe is one script or one tool call.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test sanitize docs check build release install-deps python-env clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: install-deps ## install what is missing, build, and show the main job with an embedded emulator
	@scripts/demo.sh

test: install-deps python-env ## install what is missing, build, and run every test
	@scripts/test.sh

sanitize: install-deps ## run the hostile-input tests under AddressSanitizer, leaks included
	@scripts/sanitize.sh

docs: ## make the library's documentation, and fail where a link leads nowhere
	@scripts/docs.sh

check: ## quick subset before a commit, offline: format, build with import check, unit and tidy tests
	@scripts/check.sh

build: ## debug build of everything
	@swift build

release: ## release build of both programs, Swift runtime inside
	@scripts/build-release.sh fake-sls sls-dispatch

install-deps: ## install the system packages that are missing
	@scripts/install-dependencies.sh

python-env: install-deps ## make .venv and .venv-2023 with the official Python SDKs
	@scripts/python-environment.sh

clean: ## remove all build products and the Python environments
	@rm -rf .build .build-* .venv .venv-2023
