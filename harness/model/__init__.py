"""What flows through the harness: frozen values, standard library only."""
