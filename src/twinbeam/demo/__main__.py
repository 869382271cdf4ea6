"""`python -m twinbeam.demo`: the demo without a person."""

from twinbeam.demo.headless import main

if __name__ == "__main__":
    raise SystemExit(main())
