"""`python -m vcounter` is the same as `vcounter`."""

from vcounter.cli import main

if __name__ == "__main__":
    main()
