/* Everything a stranger needs to read or write a .ptf trace. */
#ifndef PTF_PTF_H
#define PTF_PTF_H

#include <ptf/error.h>
#include <ptf/reader.h>
#include <ptf/types.h>
#include <ptf/version.h>
#include <ptf/writer.h>

#endif
