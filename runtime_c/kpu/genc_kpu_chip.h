/** @file genc_kpu_chip.h @brief Brings genc_kpu_chip.c with genc_kpu_hal.h; declares nothing of its own. */
#ifndef GENC_KPU_CHIP_H
#define GENC_KPU_CHIP_H

#include "genc_kpu_hal.h"

#endif /* GENC_KPU_CHIP_H */
