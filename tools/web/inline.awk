# Puts the files that index.html names into it: style sheets and scripts, each
# where its element stands. The result needs no other file.
function put(file, line) {
	while ((status = (getline line < (folder file))) > 0) {
		if (line ~ /<\/(script|style)/) {
			print "inline.awk: " file " would end its element: " line >"/dev/stderr"
			exit failed = 1
		}
		print line
	}
	if (status < 0) {
		print "inline.awk: cannot read " folder file >"/dev/stderr"
		exit failed = 1
	}
	close(folder file)
}
BEGIN { folder = ARGV[1]; sub(/[^\/]*$/, "", folder) }
/^<link rel="stylesheet" href="[^"]*">$/ {
	split($0, part, "\"")
	print "<style>"; put(part[4]); print "</style>"
	next
}
/^<script src="[^"]*"><\/script>$/ {
	split($0, part, "\"")
	print "<script>"; put(part[2]); print "</script>"
	next
}
{ print }
END { exit failed }
