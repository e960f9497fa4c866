"""Lists that are collected, reviewed and kept: the verbs on the store, for both front doors."""
