"""`python -m convonet` is the `convonet` command."""

from convonet.cli import main

if __name__ == "__main__":
    main()
