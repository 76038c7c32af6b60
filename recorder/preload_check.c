/* Programs that the agent cannot be loaded into, or would break. */
#include "recorder/preload_check.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The dynamic linker that the program asks for; NULL = none. */
static const char *interpreter_of(Elf *elf)
{
	size_t count, size;
	GElf_Phdr segment;
	const char *file = elf_rawfile(elf, &size);

	if (elf_getphdrnum(elf, &count) != 0)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_INTERP &&
			segment.p_filesz > 0 && segment.p_offset < size &&
			segment.p_filesz <= size - segment.p_offset &&
			file[segment.p_offset + segment.p_filesz - 1] == '\0')
			return file + segment.p_offset;
	return NULL;
}

static bool needs(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
	const char *library)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry); i++) {
		const char *name = entry.d_tag == DT_NEEDED
			? elf_strptr(elf, header->sh_link, entry.d_un.d_val)
			: NULL;
		if (name && !strncmp(name, library, strlen(library)))
			return true;
	}
	return false;
}

static bool defines(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
		const char *text = symbol.st_shndx != SHN_UNDEF
			? elf_strptr(elf, header->sh_link, symbol.st_name)
			: NULL;
		if (text && !strcmp(text, name))
			return true;
	}
	return false;
}

static const char *check_elf(Elf *elf)
{
	const char *interpreter = interpreter_of(elf);
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	if (!interpreter)
		return "is statically linked";
	if (strstr(interpreter, "ld-musl"))
		return "is linked with musl";
	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header))
			continue;
		/* gcc's runtime insists on being the first library. */
		if (header.sh_type == SHT_DYNAMIC &&
			needs(elf, section, &header, "libasan."))
			return "has an AddressSanitizer that must be loaded first";
		/* clang's, inside the program, takes our signals for its own. */
		if (header.sh_type == SHT_DYNSYM &&
			defines(elf, section, &header, "__tsan_init"))
			return "has a ThreadSanitizer in it";
	}
	return NULL;
}

const char *preload_check(const char *executable)
{
	struct stat status;
	const char *why = NULL;
	int fd = open(executable, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 &&
		(((status.st_mode & S_ISUID) && status.st_uid != geteuid()) ||
			((status.st_mode & S_ISGID) && status.st_gid != getegid())))
		why = "is set-uid or set-gid";
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && !why && elf_kind(elf) == ELF_K_ELF)
		why = check_elf(elf);
	elf_end(elf);
	close(fd);
	return why;
}
