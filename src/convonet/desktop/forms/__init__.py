"""Forms made from the declarations of parameters; a wrong value is marked where it stands."""
