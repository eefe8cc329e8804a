"""The steps of trainclock. One package a stage; __main__.py lists and runs them."""
