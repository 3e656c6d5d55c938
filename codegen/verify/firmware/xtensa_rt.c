/**
 * @file xtensa_rt.c
 * @brief Integer and soft-float helpers that Debian's libgcc for lx106 leaves out (the ESP8266 has them in ROM).
 *
 * IEEE 754, round to nearest even, denormals and infinities included.  Slow: they are there so that programs link.
 * XTENSA_RT_TEST builds the same functions on a PC under other names, so that they can be checked against its own.
 */
#include <stdint.h>
#ifdef XTENSA_RT_TEST
#define N(x) t##x
#else
#define N(x) x
#endif
static uint64_t mul32(uint32_t a, uint32_t b) {
    uint32_t al = a & 0xffff, ah = a >> 16, bl = b & 0xffff, bh = b >> 16, m = ah * bl, n = al * bh, l = al * bl;
    uint32_t mid = (l >> 16) + (m & 0xffff) + (n & 0xffff);
    return ((uint64_t)(ah * bh + (m >> 16) + (n >> 16) + (mid >> 16)) << 32) | (uint64_t)((mid << 16) | (l & 0xffff));
}
static uint32_t udivmod32(uint32_t a, uint32_t b, uint32_t *r) {
    uint32_t q = 0;
    if (!b) {
        *r = 0;
        return 0;
    }
    int n = __builtin_clz(b) - (a ? __builtin_clz(a) : 31);
    if (n < 0) {
        *r = a;
        return 0;
    }
    for (b <<= n; n >= 0; n--, b >>= 1) {
        q <<= 1;
        if (a >= b) {
            a -= b;
            q |= 1;
        }
    }
    *r = a;
    return q;
}
static int clz64(uint64_t a) {
    return (uint32_t)(a >> 32) ? __builtin_clz((uint32_t)(a >> 32))
                               : ((uint32_t)a ? 32 + __builtin_clz((uint32_t)a) : 64);
}
static uint64_t udivmod64(uint64_t a, uint64_t b, uint64_t *r) {
    uint64_t q = 0;
    if (!b) {
        *r = 0;
        return 0;
    }
    if (!(a >> 32) && !(b >> 32)) {
        uint32_t s, d = udivmod32((uint32_t)a, (uint32_t)b, &s);
        *r = s;
        return d;
    }
    int n = clz64(b) - clz64(a);
    if (n < 0) {
        *r = a;
        return 0;
    }
    for (b <<= n; n >= 0; n--, b >>= 1) {
        q <<= 1;
        if (a >= b) {
            a -= b;
            q |= 1;
        }
    }
    *r = a;
    return q;
}
uint32_t N(__udivsi3)(uint32_t a, uint32_t b) {
    uint32_t r;
    return udivmod32(a, b, &r);
}
uint32_t N(__umodsi3)(uint32_t a, uint32_t b) {
    uint32_t r;
    udivmod32(a, b, &r);
    return r;
}
int32_t N(__divsi3)(int32_t a, int32_t b) {
    uint32_t r, q = udivmod32(a < 0 ? 0u - (uint32_t)a : (uint32_t)a, b < 0 ? 0u - (uint32_t)b : (uint32_t)b, &r);
    return (int32_t)((a ^ b) < 0 ? 0u - q : q);
}
uint64_t N(__umulsidi3)(uint32_t a, uint32_t b) { return mul32(a, b); }
int64_t N(__muldi3)(int64_t a, int64_t b) {
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    return (int64_t)(mul32((uint32_t)x, (uint32_t)y) +
                     ((uint64_t)((uint32_t)(x >> 32) * (uint32_t)y + (uint32_t)x * (uint32_t)(y >> 32)) << 32));
}
uint64_t N(__udivdi3)(uint64_t a, uint64_t b) {
    uint64_t r;
    return udivmod64(a, b, &r);
}
uint64_t N(__umoddi3)(uint64_t a, uint64_t b) {
    uint64_t r;
    udivmod64(a, b, &r);
    return r;
}
int64_t N(__divdi3)(int64_t a, int64_t b) {
    uint64_t r, q = udivmod64(a < 0 ? 0 - (uint64_t)a : (uint64_t)a, b < 0 ? 0 - (uint64_t)b : (uint64_t)b, &r);
    return (int64_t)((a ^ b) < 0 ? 0 - q : q);
}
/* number: value = m * 2^(e-62), 2^62 <= m < 2^63; c: 0 zero, 1 finite, 2 inf, 3 nan */
typedef struct {
    int s, c, e;
    uint64_t m;
} number;
static number norm(number x) {
    if (!x.m) {
        x.c = 0;
        return x;
    }
    int n = clz64(x.m) - 1;
    if (n < 0) {
        x.m = (x.m >> 1) | (x.m & 1);
        x.e++;
    } else {
        x.m <<= n;
        x.e -= n;
    }
    x.c = 1;
    return x;
}
static number unpack(uint64_t v, int fb, int eb) {
    int bias = (1 << (eb - 1)) - 1, em = (1 << eb) - 1, e = (int)(v >> fb) & em;
    number x = {(int)(v >> (fb + eb)) & 1, 0, 0, v & (((uint64_t)1 << fb) - 1)};
    if (e == em) {
        x.c = x.m ? 3 : 2;
        return x;
    }
    if (!e) {
        x.e = 1 - bias;
        x.m <<= 62 - fb;
        return norm(x);
    }
    x.m = (x.m | (uint64_t)1 << fb) << (62 - fb);
    x.e = e - bias;
    x.c = 1;
    return x;
}
static uint64_t pack(number x, int fb, int eb) {
    int bias = (1 << (eb - 1)) - 1, em = (1 << eb) - 1, sh = 62 - fb;
    uint64_t s = (uint64_t)(x.s & 1) << (fb + eb);
    if (x.c == 3) return ((uint64_t)em << fb) | (uint64_t)1 << (fb - 1);
    if (x.c == 2) return s | (uint64_t)em << fb;
    if (!x.c) return s;
    int e = x.e + bias;
    if (e <= 0) {
        int k = 1 - e;
        if (k > 62) {
            x.m = 1;
        } else {
            uint64_t lost = x.m & (((uint64_t)1 << k) - 1);
            x.m = (x.m >> k) | (lost != 0);
        }
        e = 0;
    }
    uint64_t rem = x.m & (((uint64_t)1 << sh) - 1), h = (uint64_t)1 << (sh - 1), q = x.m >> sh;
    if (rem > h || (rem == h && (q & 1))) q++;
    if (e == 0) return s | q;
    if (q >> (fb + 1)) {
        q >>= 1;
        e++;
    }
    if (e >= em) return s | (uint64_t)em << fb;
    return s | (uint64_t)e << fb | (q & (((uint64_t)1 << fb) - 1));
}
static number add(number a, number b) {
    if (a.c == 3 || b.c == 3 || (a.c == 2 && b.c == 2 && a.s != b.s)) {
        a.c = 3;
        return a;
    }
    if (a.c == 2) return a;
    if (b.c == 2) return b;
    if (!b.c) {
        if (!a.c) a.s &= b.s;
        return a;
    }
    if (!a.c) return b;
    if (a.e < b.e || (a.e == b.e && a.m < b.m)) {
        number t = a;
        a = b;
        b = t;
    }
    int d = a.e - b.e;
    if (d) {
        if (d > 62)
            b.m = 1;
        else {
            uint64_t l = b.m & (((uint64_t)1 << d) - 1);
            b.m = (b.m >> d) | (l != 0);
        }
    }
    if (a.s == b.s)
        a.m += b.m;
    else {
        a.m -= b.m;
        if (!a.m) {
            a.c = 0;
            a.s = 0;
            return a;
        }
    }
    return norm(a);
}
static number mul(number a, number b) {
    int s = a.s ^ b.s;
    if (a.c == 3 || b.c == 3 || (a.c == 2 && !b.c) || (b.c == 2 && !a.c))
        a.c = 3;
    else if (a.c == 2 || b.c == 2)
        a.c = 2;
    else if (!a.c || !b.c)
        a.c = 0;
    else {
        uint32_t ah = (uint32_t)(a.m >> 32), al = (uint32_t)a.m, bh = (uint32_t)(b.m >> 32), bl = (uint32_t)b.m;
        uint64_t ll = mul32(al, bl), lh = mul32(al, bh), hl = mul32(ah, bl), hh = mul32(ah, bh);
        uint64_t mid = (ll >> 32) + (uint32_t)lh + (uint32_t)hl, hi = hh + (lh >> 32) + (hl >> 32) + (mid >> 32),
                 lo = (mid << 32) | (uint32_t)ll; /* product*2^-124 */
        a.m = (hi << 1) | (lo >> 63) | ((lo << 1) != 0);
        a.e += b.e + 1;
        a = norm(a);
    }
    a.s = s;
    return a;
}
static number divide(number a, number b) {
    int s = a.s ^ b.s;
    if (a.c == 3 || b.c == 3 || (a.c == 2 && b.c == 2) || (!a.c && !b.c))
        a.c = 3;
    else if (a.c == 2 || !b.c)
        a.c = 2;
    else if (b.c == 2 || !a.c)
        a.c = 0;
    else {
        uint64_t q = 0, r = a.m;
        for (int i = 0; i < 63; i++) {
            q <<= 1;
            if (r >= b.m) {
                r -= b.m;
                q |= 1;
            }
            r <<= 1;
        }
        a.m = q | (r != 0);
        a.e -= b.e;
        a = norm(a);
    }
    a.s = s;
    return a;
}
static number from_unsigned(uint64_t v, int s) {
    number x = {s, 1, 62, v};
    return norm(x);
}
static uint64_t to_unsigned(number x, uint64_t max) {
    if (x.c != 1 || x.e < 0) return x.c == 2 ? max : 0;
    if (x.e > 62) return max;
    uint64_t v = x.m >> (62 - x.e);
    return v > max ? max : v;
}
#define F(x)                                                                                                           \
    ({                                                                                                                 \
        union {                                                                                                        \
            float f;                                                                                                   \
            uint32_t u;                                                                                                \
        } _c;                                                                                                          \
        _c.f = (x);                                                                                                    \
        unpack(_c.u, 23, 8);                                                                                           \
    })
#define D(x)                                                                                                           \
    ({                                                                                                                 \
        union {                                                                                                        \
            double f;                                                                                                  \
            uint64_t u;                                                                                                \
        } _c;                                                                                                          \
        _c.f = (x);                                                                                                    \
        unpack(_c.u, 52, 11);                                                                                          \
    })
#define PF(n)                                                                                                          \
    ({                                                                                                                 \
        union {                                                                                                        \
            float f;                                                                                                   \
            uint32_t u;                                                                                                \
        } _c;                                                                                                          \
        _c.u = (uint32_t)pack(n, 23, 8);                                                                               \
        _c.f;                                                                                                          \
    })
#define PD(n)                                                                                                          \
    ({                                                                                                                 \
        union {                                                                                                        \
            double f;                                                                                                  \
            uint64_t u;                                                                                                \
        } _c;                                                                                                          \
        _c.u = pack(n, 52, 11);                                                                                        \
        _c.f;                                                                                                          \
    })
static number neg(number x) {
    x.s ^= 1;
    return x;
}
float N(__addsf3)(float a, float b) { return PF(add(F(a), F(b))); }
float N(__subsf3)(float a, float b) { return PF(add(F(a), neg(F(b)))); }
float N(__mulsf3)(float a, float b) { return PF(mul(F(a), F(b))); }
double N(__adddf3)(double a, double b) { return PD(add(D(a), D(b))); }
double N(__subdf3)(double a, double b) { return PD(add(D(a), neg(D(b)))); }
double N(__muldf3)(double a, double b) { return PD(mul(D(a), D(b))); }
double N(__divdf3)(double a, double b) { return PD(divide(D(a), D(b))); }
float N(__floatsisf)(int32_t a) { return PF(from_unsigned(a < 0 ? 0u - (uint32_t)a : (uint32_t)a, a < 0)); }
float N(__floatunsisf)(uint32_t a) { return PF(from_unsigned(a, 0)); }
double N(__floatsidf)(int32_t a) { return PD(from_unsigned(a < 0 ? 0u - (uint32_t)a : (uint32_t)a, a < 0)); }
double N(__floatunsidf)(uint32_t a) { return PD(from_unsigned(a, 0)); }
double N(__extendsfdf2)(float a) { return PD(F(a)); }
float N(__truncdfsf2)(double a) { return PF(D(a)); }
int32_t N(__fixdfsi)(double a) {
    number x = D(a);
    return x.s ? (int32_t)(0u - (uint32_t)to_unsigned(x, 0x80000000u)) : (int32_t)to_unsigned(x, 0x7fffffff);
}
uint32_t N(__fixunsdfsi)(double a) {
    number x = D(a);
    return x.s ? 0 : (uint32_t)to_unsigned(x, 0xffffffffu);
}
uint32_t N(__fixunssfsi)(float a) {
    number x = F(a);
    return x.s ? 0 : (uint32_t)to_unsigned(x, 0xffffffffu);
}
