// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "vmlinux-gen.h"

static bool scn_is_btf(Elf *elf, Elf_Scn *scn, size_t names, GElf_Shdr *shdr)
{
	const char *name;

	if (!gelf_getshdr(scn, shdr) || shdr->sh_type == SHT_NOBITS)
		return false;
	name = elf_strptr(elf, names, shdr->sh_name);
	return name && !strcmp(name, ".BTF");
}

/* The section's bytes are taken from the file itself, so libelf converts and owns nothing. */
static int section_btf(Elf *elf, const struct blob *file, struct btf **btf, struct why *why)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return fail(why, EINVAL, "the ELF file has no section names: %s", elf_errmsg(-1));
	while ((scn = elf_nextscn(elf, scn))) {
		if (!scn_is_btf(elf, scn, names, &shdr))
			continue;
		if (shdr.sh_offset > file->size || shdr.sh_size > file->size - shdr.sh_offset)
			return fail(why, EINVAL,
				    "its .BTF section is cut off: copy the file again");
		return btf_from_bytes(file->data + shdr.sh_offset, shdr.sh_size, btf, why);
	}
	return fail(why, ENOENT,
		    "the ELF file has no .BTF section: "
		    "give a vmlinux built with CONFIG_DEBUG_INFO_BTF");
}

int elf_btf(const struct blob *file, struct btf **btf, struct why *why)
{
	Elf *elf;
	int err;

	if (file->size <= EI_DATA || file->data[EI_DATA] != ELFDATA2LSB)
		return fail(why, ENOTSUP, "not a little-endian ELF file");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return fail(why, ENOTSUP, "libelf: %s", elf_errmsg(-1));
	elf = elf_memory((char *)file->data, file->size);
	if (!elf)
		return fail(why, EINVAL, "not a sound ELF file: %s", elf_errmsg(-1));
	err = section_btf(elf, file, btf, why);
	elf_end(elf);
	return err;
}
