"""What trainclock costs next to what it is compared with, measured in turns: python bench [NAME ...].

Of the product only steps and library modules of scripts/ are used; nothing in scripts/ imports this.
"""
