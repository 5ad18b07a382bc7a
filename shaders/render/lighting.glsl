// One lighting model for atoms, bonds and ribbons. Lights travel with the camera, so that the side
// that is looked at is always lit.

uniform vec3 fog_color;    // sRGB
uniform float fog_near;    // distance from the eye at which fading begins, angstrom
uniform float fog_far;     // distance at which it would be complete
uniform float fog_amount;  // 0 switches depth cueing off

layout(location = 0) out vec4 out_color;

const vec3 KEY_DIRECTION = vec3(-0.3313, 0.5069, 0.7958);
const vec3 FILL_DIRECTION = vec3(0.7385, -0.1641, 0.6540);

// Writes the color of an opaque surface point; `normal` and `point` in view space.
void shade(vec3 point, vec3 normal, vec3 albedo) {
    vec3 toward_eye = orthographic > 0.5 ? vec3(0.0, 0.0, 1.0) : normalize(-point);

    // A soft key light from the upper left, a weak fill from the right, and a sky that is a little
    // brighter than the ground. A surface that faces the eye receives about 1 in total, so that it
    // shows the color of its legend entry.
    float key = max(dot(normal, KEY_DIRECTION), 0.0);
    float fill = max(dot(normal, FILL_DIRECTION), 0.0);
    float sky = 0.5 + 0.5 * normal.y;
    float light = 0.62 * key + 0.22 * fill + mix(0.20, 0.44, sky);

    // Edges turn away from the eye: darken them slightly, it separates neighboring atoms.
    float facing = max(dot(normal, toward_eye), 0.0);
    light *= mix(0.72, 1.0, smoothstep(0.0, 0.55, facing));

    vec3 halfway = normalize(KEY_DIRECTION + toward_eye);
    float shine = max(dot(normal, halfway), 0.0);
    float shine4 = shine * shine * shine * shine;
    float shine16 = shine4 * shine4 * shine4 * shine4;
    float gloss = shine16 * shine16 * shine16;

    vec3 color = albedo * light + vec3(0.16 * gloss);
    float fog = fog_amount * smoothstep(fog_near, fog_far, -point.z);
    // Albedo is given as squares of sRGB values, which is close to linear light; the root is cheaper than
    // the exact curve, and takes an albedo back to its exact color.
    out_color = vec4(mix(sqrt(clamp(color, 0.0, 1.0)), fog_color, fog), 1.0);
}
