/* Finding the evaluation loop and its cold parts; see eval_loop.h. */
#include "recorder/eval_loop.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/arch/arch.h"

struct image {
	Elf *elf;
	const unsigned char *bytes; /* the file */
	size_t size;
};

/* One unwind entry: a contiguous piece of code. */
struct piece {
	uint64_t start, end; /* addresses */
	bool is_cold;        /* its frame is in place at its first instruction */
};

struct pieces {
	struct piece *item;
	size_t count, capacity;
};

static bool to_file_offset(struct image *image, uint64_t address, uint64_t *offset)
{
	size_t count;
	GElf_Phdr segment;

	if (elf_getphdrnum(image->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(image->elf, (int)i, &segment) &&
			segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
			address < segment.p_vaddr + segment.p_filesz) {
			*offset = address - segment.p_vaddr + segment.p_offset;
			return *offset < image->size;
		}
	return false;
}

/* A symbol of .dynsym or .symtab by its name. */
static bool find_symbol(Elf *elf, const char *name, GElf_Sym *found)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section))) {
		if (!gelf_getshdr(section, &header) ||
			(header.sh_type != SHT_DYNSYM && header.sh_type != SHT_SYMTAB) ||
			header.sh_entsize == 0)
			continue;
		Elf_Data *data = elf_getdata(section, NULL);
		for (size_t i = 0; data && i < header.sh_size / header.sh_entsize; i++) {
			const char *text;
			if (gelf_getsym(data, (int)i, found) &&
				found->st_shndx != SHN_UNDEF &&
				(text = elf_strptr(elf, header.sh_link,
					 found->st_name)) &&
				!strcmp(text, name))
				return true;
		}
	}
	return false;
}

static int64_t signed_at(const uint8_t *at, size_t width)
{
	int16_t two;
	int32_t four;
	int64_t eight;

	switch (width) {
	case 2:
		memcpy(&two, at, 2);
		return two;
	case 4:
		memcpy(&four, at, 4);
		return four;
	default:
		memcpy(&eight, at, 8);
		return eight;
	}
}

/*
 * The code range of an FDE, whose pointers have the one encoding that linkers
 * write on Linux: relative to their own place, 4 or 8 bytes.
 */
static bool fde_range(const Dwarf_FDE *fde, const Dwarf_CIE *cie, const Elf_Data *data,
	uint64_t section_address, struct piece *piece)
{
	uint8_t encoding = DW_EH_PE_absptr;
	const uint8_t *augmentation = cie->augmentation_data;

	for (const char *c = cie->augmentation; *c; c++) {
		if (*c == 'R' && augmentation)
			encoding = *augmentation++;
		else if (*c == 'L' && augmentation)
			augmentation++;
		else if (*c == 'P')
			return false; /* C++ code: not the interpreter's */
	}
	size_t width = (encoding & 0x0f) == DW_EH_PE_sdata4 ? 4 : 8;
	if ((encoding & 0x70) != DW_EH_PE_pcrel ||
		(size_t)(fde->end - fde->start) < 2 * width)
		return false;
	uint64_t place =
		section_address + (uint64_t)(fde->start - (const uint8_t *)data->d_buf);
	piece->start = place + (uint64_t)signed_at(fde->start, width);
	piece->end = piece->start + (uint64_t)signed_at(fde->start + width, width);

	/* Behind the range: the augmentation's length, then the instructions.
	   A function begins with the CIE's rule; a cold part states its own at
	   once, before any advance. */
	const uint8_t *program = fde->start + 2 * width;
	if (*cie->augmentation == 'z' && program < fde->end)
		program += 1 + *program;
	piece->is_cold = program < fde->end && *program == DW_CFA_def_cfa_offset;
	return true;
}

static void collect_pieces(struct image *image, struct pieces *pieces)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;
	GElf_Ehdr elf_header;

	if (elf_getshdrstrndx(image->elf, &names) != 0 ||
		!gelf_getehdr(image->elf, &elf_header))
		return;
	while ((section = elf_nextscn(image->elf, section))) {
		const char *name;
		if (gelf_getshdr(section, &header) &&
			(name = elf_strptr(image->elf, names, header.sh_name)) &&
			!strcmp(name, ".eh_frame"))
			break;
	}
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	Dwarf_Off offset = 0, next;
	Dwarf_CFI_Entry entry;
	int rc;
	while (data &&
		(rc = dwarf_next_cfi((unsigned char *)elf_header.e_ident, data, true,
			 offset, &next, &entry)) == 0) {
		struct piece piece;
		Dwarf_CFI_Entry cie;
		Dwarf_Off ignored;
		if (!dwarf_cfi_cie_p(&entry) &&
			dwarf_next_cfi((unsigned char *)elf_header.e_ident, data, true,
				entry.fde.CIE_pointer, &ignored, &cie) == 0 &&
			dwarf_cfi_cie_p(&cie) &&
			fde_range(&entry.fde, &cie.cie, data, header.sh_addr, &piece)) {
			if (pieces->count == pieces->capacity) {
				size_t capacity = pieces->capacity * 2 + 1024;
				void *grown = realloc(pieces->item,
					capacity * sizeof *pieces->item);
				if (!grown)
					return;
				pieces->item = grown;
				pieces->capacity = capacity;
			}
			pieces->item[pieces->count++] = piece;
		}
		if (next <= offset || next == (Dwarf_Off)-1)
			break;
		offset = next;
	}
}

static int by_start(const void *left, const void *right)
{
	uint64_t a = ((const struct piece *)left)->start;
	uint64_t b = ((const struct piece *)right)->start;

	return a < b ? -1 : a > b;
}

static const struct piece *piece_at(const struct pieces *pieces, uint64_t address)
{
	size_t low = 0, high = pieces->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (pieces->item[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < pieces->item[low - 1].end ? &pieces->item[low - 1] : NULL;
}

static bool add_range(struct eval_loop *loop, struct image *image, uint64_t start,
	uint64_t end)
{
	uint64_t offset;

	if (loop->count == EVAL_RANGE_COUNT || !to_file_offset(image, start, &offset))
		return false;
	for (size_t i = 0; i < loop->count; i++)
		if (loop->range[i].start == offset)
			return false;
	loop->range[loop->count++] = (struct eval_range){offset, offset + (end - start)};
	return true;
}

/*
 * Follows the direct jumps of the hot part. Bytes that only look like a jump lead
 * nowhere near a cold part's unwind entry, or count too seldom: a part must be
 * jumped into 8 times.
 */
static void add_cold_parts(struct eval_loop *loop, struct image *image,
	const struct pieces *pieces, uint64_t address, uint64_t size)
{
	uint64_t offset;
	uint32_t *hits = calloc(pieces->count ? pieces->count : 1, sizeof *hits);

	if (hits && to_file_offset(image, address, &offset) &&
		offset + size <= image->size) {
		const unsigned char *code = image->bytes + offset;
		for (uint64_t i = 0; i + ARCH_JUMP_BYTES <= size;
			i += ARCH_CODE_ALIGNMENT) {
			uint64_t target;
			if (!arch_is_jump(code + i, address + i, &target))
				continue;
			if (target >= address && target < address + size)
				continue;
			const struct piece *piece = piece_at(pieces, target);
			if (piece && piece->is_cold)
				hits[piece - pieces->item]++;
		}
		for (size_t i = 0; i < pieces->count; i++)
			if (hits[i] >= 8)
				add_range(loop, image, pieces->item[i].start,
					pieces->item[i].end);
	}
	free(hits);
}

/* What is not static can be found in stripped files too. */
static void add_call_setup(struct eval_loop *loop, struct image *image)
{
	static const char *const names[] = {"_PyFunction_Vectorcall",
		"function_code_fastcall", "_PyEval_EvalCodeWithName", "_PyEval_EvalCode",
		"_PyEval_Vector", "_PyEval_MakeFrameVector", "PyFrame_New",
		"_PyFrame_New_NoTrack", "frame_dealloc", "frame_alloc"};
	GElf_Sym symbol;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (find_symbol(image->elf, names[i], &symbol) && symbol.st_size)
			add_range(loop, image, symbol.st_value,
				symbol.st_value + symbol.st_size);
}

static void find_in(struct eval_loop *loop, struct image *image)
{
	struct pieces pieces = {0};
	GElf_Sym eval, runtime;

	if (!find_symbol(image->elf, "_PyEval_EvalFrameDefault", &eval) ||
		eval.st_size == 0 ||
		!add_range(loop, image, eval.st_value, eval.st_value + eval.st_size))
		return;
	if (find_symbol(image->elf, "_PyRuntime", &runtime))
		loop->runtime_bytes = runtime.st_size;
	collect_pieces(image, &pieces);
	qsort(pieces.item, pieces.count, sizeof *pieces.item, by_start);
	add_cold_parts(loop, image, &pieces, eval.st_value, eval.st_size);
	add_call_setup(loop, image);
	free(pieces.item);
}

static void read_loop(struct eval_loop *loop, int fd)
{
	struct image image = {0};

	*loop = (struct eval_loop){0};
	elf_version(EV_CURRENT);
	image.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (image.elf) {
		image.bytes = (const unsigned char *)elf_rawfile(image.elf, &image.size);
		if (image.bytes && elf_kind(image.elf) == ELF_K_ELF)
			find_in(loop, &image);
		elf_end(image.elf);
	}
}

/* Many processes run one interpreter: each file is read once. */
struct known_file {
	struct stat status;
	struct eval_loop loop;
};

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
		a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
		a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool eval_loop_find(struct eval_loop *loop, const char *path)
{
	static struct known_file known[8];
	static size_t count;
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*loop = (struct eval_loop){0};
	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0) {
		const size_t room = sizeof known / sizeof *known;
		size_t i = 0, end = count < room ? count : room;
		while (i < end && !is_same_file(&known[i].status, &status))
			i++;
		if (i == end) {
			i = count++ % room;
			known[i].status = status;
			read_loop(&known[i].loop, fd);
		}
		*loop = known[i].loop;
	}
	close(fd);
	return loop->count > 0;
}
