# Turns schemas/ptf.proto into the schema that libptf compiles: a packed column
# becomes `bytes`, the same wire type (see the head of ptf.proto).
s/^( *)repeated [a-z0-9]+ ([a-z_]+) = ([0-9]+) *\[packed = true\];/\1bytes \2 = \3;/
