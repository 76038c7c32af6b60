/* Files for what memory should not hold. */
#ifndef TOOLS_CORE_TEMPORARY_H
#define TOOLS_CORE_TEMPORARY_H

/*
 * A descriptor of a new file without a name, which is gone when it is closed, in
 * TMPDIR, else /var/tmp; *folder says where, and lives as long as the environment
 * stays as it is. -1, with errno, when there can be none.
 */
int temporary_open(const char **folder);

#endif
