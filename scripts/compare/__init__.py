"""Results of several machines or dates side by side, and the export that carries them."""
