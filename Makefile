# Each target is a call of a short script in scripts/, which makes .venv and installs what it needs by itself.
.PHONY: help demo demo-cluster test check bench docs screens test-faults downstream clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo:  ## build the flights database and serve it on port 8001
	@sh scripts/demo.sh

demo-cluster:  ## a writer that replicates, two readers and nginx before them, on port 8300
	@sh scripts/demo_cluster.sh

test:  ## run all tests
	@sh scripts/test.sh

check:  ## lint, format, types, directions of imports, sizes, generated documents
	@sh scripts/check.sh

bench:  ## measure side by side with Datasette
	@sh scripts/bench.sh

docs:  ## write the generated reference pages
	@sh scripts/docs.sh

screens:  ## take pictures of the demonstration's pages
	@sh scripts/screens.sh

test-faults:  ## kill the server 100 times, send made-up requests for 20 minutes; results in docs/reliability.md
	@sh scripts/test_faults.sh

downstream:  ## run existing plugins from the package index on Vitrina and on Datasette (slow)
	@sh scripts/downstream.sh

clean:  ## remove the environment, caches and built files
	rm -rf .venv var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
