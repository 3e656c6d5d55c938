//! The float functions of math.h that the compiler's own library lacks, by Zig's standard library.
//! They stand for the C library of a firmware: their results may differ from it in the last bit.
const std = @import("std");
const math = std.math;

export fn acosf(x: f32) f32 {
    return math.acos(x);
}
export fn acoshf(x: f32) f32 {
    return math.acosh(x);
}
export fn asinf(x: f32) f32 {
    return math.asin(x);
}
export fn asinhf(x: f32) f32 {
    return math.asinh(x);
}
export fn atan2f(y: f32, x: f32) f32 {
    return math.atan2(y, x);
}
export fn atanf(x: f32) f32 {
    return math.atan(x);
}
export fn atanhf(x: f32) f32 {
    return math.atanh(x);
}
export fn copysignf(x: f32, y: f32) f32 {
    return math.copysign(x, y);
}
export fn coshf(x: f32) f32 {
    return math.cosh(x);
}
export fn expm1f(x: f32) f32 {
    return math.expm1(x);
}
export fn log1pf(x: f32) f32 {
    return math.log1p(x);
}
export fn powf(x: f32, y: f32) f32 {
    return math.pow(f32, x, y);
}
export fn sinhf(x: f32) f32 {
    return math.sinh(x);
}
export fn tanhf(x: f32) f32 {
    return math.tanh(x);
}

/// To the nearest integer, halves to even: adding 2^23 leaves no room for a fraction.
export fn rintf(x: f32) f32 {
    const steps: f32 = 8388608.0;
    if (!(@abs(x) < steps)) return x;
    const shift = math.copysign(steps, x);
    const moved: f32 = @as(*const volatile f32, &(x + shift)).*;
    return math.copysign(moved - shift, x);
}
export fn nearbyintf(x: f32) f32 {
    return rintf(x);
}

/// The Maclaurin series in double: at 4 its largest term is below 1e6, so 1e-10 is left of 53 bits; above 4 it is 1 in float.
export fn erff(x: f32) f32 {
    if (math.isNan(x)) return x;
    if (@abs(x) > 4.0) return math.copysign(@as(f32, 1.0), x);
    const z: f64 = x;
    var term: f64 = z;
    var sum: f64 = z;
    var n: f64 = 0.0;
    while (@abs(term) > 1e-17 * @abs(sum)) {
        n += 1.0;
        term *= -z * z / n;
        sum += term / (2.0 * n + 1.0);
    }
    return @floatCast(sum * 2.0 / @sqrt(math.pi));
}
