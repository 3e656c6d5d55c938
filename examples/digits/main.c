/*
 * Reads handwritten digits from a file and names them with the library that gen-c wrote.
 *
 *     digits digits_test.bin
 *
 * The file holds records of 65 bytes: 8x8 pixels (0 is paper, 255 is ink) and the true digit.
 */
#include <stdio.h>

#include "digits.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, SHOWN = 2 };

static digits_t nn; /* every byte of RAM the model uses */

static void print_image(const uint8_t *image)
{
    static const char shades[] = " .:-=+*#%@";

    for (int y = 0; y < SIDE; y++) {
        printf("    ");
        for (int x = 0; x < SIDE; x++) {
            const char shade = shades[image[y * SIDE + x] * 9 / 255];
            printf("%c%c", shade, shade); /* twice: a character is taller than wide */
        }
        printf("\n");
    }
}

/* The digit with the highest score, or -1 on an error. */
static int classify(const uint8_t *image)
{
    digits_input_t *input = digits_input(&nn);
    for (int i = 0; i < PIXELS; i++) {
        input[i] = (digits_input_t)(image[i] + DIGITS_INPUT_ZERO_POINT); /* 0..255 to -128..127 */
    }

    if (digits_run(&nn) != GENC_OK) return -1;

    const digits_output_t *scores = digits_output(&nn);
    int best = 0;
    for (int i = 1; i < DIGITS_OUTPUT_SIZE; i++) {
        if (scores[i] > scores[best]) best = i;
    }
    return best;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL || digits_init(&nn) != GENC_OK) {
        fprintf(stderr, "usage: %s digits_test.bin\n", argv[0]);
        return 2;
    }

    uint8_t record[PIXELS + 1];
    int images = 0, correct = 0;
    while (fread(record, sizeof record, 1, file) == 1) {
        const int truth = record[PIXELS];
        const int answer = classify(record);
        if (images < SHOWN) {
            print_image(record);
            printf("    this is a %d (%.1f %%); labelled %d\n\n", answer,
                   100.0 * (double)digits_dequantize(digits_output(&nn)[answer]), truth);
        }
        images++;
        correct += answer == truth;
    }
    fclose(file);

    printf("%.1f %% of %d test images, with %d bytes of RAM\n", 100.0 * correct / images, images,
           (int)sizeof(digits_t));
    return 0;
}
