"""Other registries: asks them what a mark leads to, and believes none of them. Knows no pictures."""
