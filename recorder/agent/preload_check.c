/* Programs that the agent cannot be loaded into, or would break. */
#include "recorder/agent/preload_check.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "recorder/arch/arch.h"

#define INTERPRETER_LINE_MAX  256u
#define INTERPRETER_DEPTH_MAX 5 /* the kernel's */

/* An ELF file, read by pieces: a mapped file that shrinks would be a signal. */
struct elf_file {
	int fd;
	Elf64_Ehdr header;
};

static bool load(const struct elf_file *elf, uint64_t offset, void *to, size_t size)
{
	return offset <= INT64_MAX &&
		pread(elf->fd, to, size, (off_t)offset) == (ssize_t)size;
}

static bool load_segment(const struct elf_file *elf, uint16_t index, Elf64_Phdr *p)
{
	return load(elf, elf->header.e_phoff + index * sizeof *p, p, sizeof *p);
}

static bool find_segment(const struct elf_file *elf, uint32_t type, Elf64_Phdr *p)
{
	for (uint16_t i = 0; i < elf->header.e_phnum && load_segment(elf, i, p); i++)
		if (p->p_type == type)
			return true;
	return false;
}

/* What lies at an address when the program is loaded. */
static bool load_address(const struct elf_file *elf, uint64_t address, void *to,
	size_t size)
{
	Elf64_Phdr p;

	for (uint16_t i = 0; i < elf->header.e_phnum && load_segment(elf, i, &p); i++)
		if (p.p_type == PT_LOAD && address >= p.p_vaddr &&
			address - p.p_vaddr < p.p_filesz)
			return load(elf, p.p_offset + (address - p.p_vaddr), to, size);
	return false;
}

/* size with the NUL: the text is it; without: begins with it. */
static bool is_text(const struct elf_file *elf, uint64_t address, const char *text,
	size_t size)
{
	char found[32];

	return size <= sizeof found && load_address(elf, address, found, size) &&
		!memcmp(found, text, size);
}

/* What of the dynamic section is needed here: addresses, 0 = none. */
struct dynamic {
	uint64_t strings, symbols, gnu_hash;
};

static bool load_dynamic(const struct elf_file *elf, const Elf64_Phdr *p, uint64_t index,
	Elf64_Dyn *entry)
{
	return index < p->p_filesz / sizeof *entry &&
		load(elf, p->p_offset + index * sizeof *entry, entry, sizeof *entry) &&
		entry->d_tag != DT_NULL;
}

static bool read_dynamic(const struct elf_file *elf, const Elf64_Phdr *p,
	struct dynamic *d)
{
	Elf64_Dyn entry;

	*d = (struct dynamic){0};
	for (uint64_t i = 0; load_dynamic(elf, p, i, &entry); i++) {
		if (entry.d_tag == DT_STRTAB)
			d->strings = entry.d_un.d_ptr;
		else if (entry.d_tag == DT_SYMTAB)
			d->symbols = entry.d_un.d_ptr;
		else if (entry.d_tag == DT_GNU_HASH)
			d->gnu_hash = entry.d_un.d_ptr;
	}
	return d->strings && d->symbols;
}

static bool needs_asan(const struct elf_file *elf, const Elf64_Phdr *p,
	const struct dynamic *d)
{
	static const char name[] = "libasan.";
	Elf64_Dyn entry;

	for (uint64_t i = 0; load_dynamic(elf, p, i, &entry); i++)
		if (entry.d_tag == DT_NEEDED &&
			is_text(elf, d->strings + entry.d_un.d_val, name,
				sizeof name - 1))
			return true;
	return false;
}

/* Whether the program itself defines a dynamic symbol, by its hash table. */
static bool defines(const struct elf_file *elf, const struct dynamic *d, const char *name)
{
	uint32_t head[4]; /* buckets, first symbol, words of the filter, its shift */
	uint32_t hash = 5381, index, chain;
	Elf64_Sym symbol;

	if (!d->gnu_hash || !load_address(elf, d->gnu_hash, head, sizeof head) ||
		head[0] == 0)
		return false;
	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	uint64_t buckets = d->gnu_hash + sizeof head + head[2] * UINT64_C(8);
	if (!load_address(elf, buckets + hash % head[0] * UINT64_C(4), &index, 4))
		return false;
	for (; index && index >= head[1]; index++) {
		if (!load_address(elf,
			    buckets + (head[0] + (uint64_t)(index - head[1])) * 4, &chain,
			    4) ||
			!load_address(elf, d->symbols + index * sizeof symbol, &symbol,
				sizeof symbol))
			return false;
		if ((chain | 1) == (hash | 1) && symbol.st_shndx != SHN_UNDEF &&
			is_text(elf, d->strings + symbol.st_name, name, strlen(name) + 1))
			return true;
		if (chain & 1)
			break;
	}
	return false;
}

static enum prec_unfollowed_reason check_elf(const struct elf_file *elf)
{
	Elf64_Phdr p;
	char linker[256] = "";
	struct dynamic dynamic;

	if (elf->header.e_ident[EI_CLASS] != ELFCLASS64 ||
		elf->header.e_machine != ARCH_ELF_MACHINE)
		return PREC_IS_FOREIGN;
	if (!find_segment(elf, PT_INTERP, &p))
		return PREC_IS_STATIC;
	if (p.p_filesz >= sizeof linker || !load(elf, p.p_offset, linker, p.p_filesz) ||
		strstr(linker, "ld-musl"))
		return PREC_IS_FOREIGN;
	if (!find_segment(elf, PT_DYNAMIC, &p) || !read_dynamic(elf, &p, &dynamic))
		return PREC_FOLLOWED;
	/* gcc's runtime insists on being the first library. */
	if (needs_asan(elf, &p, &dynamic))
		return PREC_HAS_ASAN;
	/* clang's, inside the program, takes our signals for its own. */
	if (defines(elf, &dynamic, "__tsan_init"))
		return PREC_HAS_TSAN;
	return PREC_FOLLOWED;
}

/* The loader ignores what is preloaded when exec gives or keeps privileges. */
static bool is_privileged(int fd, const struct stat *status)
{
	return ((status->st_mode & S_ISUID) && status->st_uid != getuid()) ||
		((status->st_mode & S_ISGID) && status->st_gid != getgid()) ||
		getuid() != geteuid() || getgid() != getegid() ||
		(geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0);
}

/* The interpreter that the first line of a script names. */
static bool read_interpreter(int fd, char path[INTERPRETER_LINE_MAX])
{
	char line[INTERPRETER_LINE_MAX];
	ssize_t size = pread(fd, line, sizeof line - 1, 0);
	const char *at = line + 2;

	if (size < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[size] = '\0';
	at += strspn(at, " \t");
	size_t length = strcspn(at, " \t\n");
	memcpy(path, at, length);
	path[length] = '\0';
	return length > 0;
}

/* One file; true when interpreter has the next one to look at. */
static bool check_file(const char *path, char interpreter[INTERPRETER_LINE_MAX],
	enum prec_unfollowed_reason *reason)
{
	struct stat status;
	bool is_script = false;
	/* Opening what is no file could wait for ever, or start something. */
	struct elf_file elf = {
		.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};

	if (elf.fd < 0)
		return false;
	if (fstat(elf.fd, &status) == 0 && S_ISREG(status.st_mode)) {
		if (!load(&elf, 0, &elf.header, sizeof elf.header) ||
			memcmp(elf.header.e_ident, ELFMAG, SELFMAG) != 0)
			is_script = read_interpreter(elf.fd, interpreter);
		else if (is_privileged(elf.fd, &status))
			*reason = PREC_IS_PRIVILEGED;
		else
			*reason = check_elf(&elf);
	}
	close(elf.fd);
	return is_script;
}

enum prec_unfollowed_reason preload_check(const char *path)
{
	enum prec_unfollowed_reason reason = PREC_FOLLOWED;
	char interpreter[2][INTERPRETER_LINE_MAX];

	for (int depth = 0; depth < INTERPRETER_DEPTH_MAX; depth++) {
		if (!check_file(path, interpreter[depth % 2], &reason))
			break;
		path = interpreter[depth % 2];
	}
	return reason;
}
