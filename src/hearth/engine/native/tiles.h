// What GCC's own header, until GCC 14, does not tell its optimizer about the tiles of AMX.
//
// There, _tile_loadconfig says that it reads 8 of the 64 bytes of a configuration, and _tile_loadd
// that it reads no memory. So the optimizer drops most of the configuration as never read, and
// `ldtilecfg` ends the process with a general protection fault: the first multiplication of any
// model dies of SIGSEGV. Sources: GCC bug 114098; llama.cpp issue 20824 and pull request 26954.
#pragma once

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14 && defined(__AMX_TILE__)

#include <immintrin.h>

static inline __attribute__((always_inline)) void hearth_tile_loadconfig(const void *config) {
    __asm__ volatile("ldtilecfg\t%X0" ::"m"(*(const char(*)[64])config) : "memory");
}

#define _tile_loadconfig hearth_tile_loadconfig

// In two steps: llama.cpp names the tiles by macros, which the first one replaces by numbers.
#undef _tile_loadd
#define _tile_loadd(tile, base, stride) HEARTH_TILE_LOADD(tile, base, stride)
#define HEARTH_TILE_LOADD(tile, base, stride)                   \
    __asm__ volatile("tileloadd\t(%0,%1,1), %%tmm" #tile        \
                     ::"r"((const void *)(base)), "r"((long)(stride)) : "memory")

#endif
