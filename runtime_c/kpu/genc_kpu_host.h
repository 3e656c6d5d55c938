/** @file genc_kpu_host.h @brief Brings genc_kpu_host.c with genc_kpu_hal.h; declares nothing of its own. */
#ifndef GENC_KPU_HOST_H
#define GENC_KPU_HOST_H

#include "genc_kpu_hal.h"

#endif /* GENC_KPU_HOST_H */
