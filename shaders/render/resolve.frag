// Averages the samples of each pixel, darkens creases and edges by the shape of the depth buffer, and
// lays the molecule over the background. Colors are sRGB in and out; the output is premultiplied.
//
// Work on covered samples stands in loops, not in branches: software renderers run both sides of a
// branch for all pixels, but leave a loop early.

uniform sampler2D color_map;
uniform sampler2D depth_map;
uniform mat4 projection;
uniform float orthographic;
uniform int samples_per_axis;
uniform float outline_amount;    // 0 switches outlines off
uniform int outline_width;       // pixels
uniform float occlusion_amount;  // 0 switches ambient occlusion off
uniform vec4 background;         // sRGB, premultiplied; alpha 0 for a transparent image

layout(location = 0) out vec4 out_color;

// How far around a point other atoms keep light away, angstrom.
const float OCCLUSION_RADIUS = 4.0;
// Pairs of opposite places that are looked at, for each sample.
const int OCCLUSION_PAIRS = 4;
// Largest radius of occlusion in the image, as a fraction of its height: near the eye it would cost much.
const float OCCLUSION_REACH = 0.12;

// Distance from the eye along the viewing direction, angstrom.
float eye_distance(ivec2 texel, ivec2 size) {
    float ndc = 2.0 * texelFetch(depth_map, clamp(texel, ivec2(0), size - 1), 0).r - 1.0;
    return (projection[3][2] - ndc * projection[3][3]) / (projection[2][2] - ndc * projection[2][3]);
}

// How strongly a neighbor at distance `there` lies behind a surface at distance `here`.
float step_back(float here, float there) {
    return smoothstep(0.8, 2.6, there - here);
}

// How far a neighbor rises towards the eye, in occlusion radii, from -1 to 1. What rises by much more
// stands in front and casts nothing here.
float rise(float here, float there) {
    float up = (here - there) / OCCLUSION_RADIUS;
    return clamp(up, -1.0, 1.0) * (1.0 - smoothstep(1.0, 2.0, up));
}

void main() {
    ivec2 size = textureSize(color_map, 0);
    ivec2 first = ivec2(gl_FragCoord.xy) * samples_per_axis;
    int count = samples_per_axis * samples_per_axis;
    vec3 sum = vec3(0.0);
    float coverage = 0.0;
    for (int index = 0; index < count; index++) {
        ivec2 texel = first + ivec2(index % samples_per_axis, index / samples_per_axis);
        vec4 color = texelFetch(color_map, texel, 0);
        for (int once = 0; once < int(color.a + 0.5); once++) {
            float here = eye_distance(texel, size);

            float edge = 0.0;
            int sides = outline_amount > 0.0 ? 4 : 0;
            for (int side = 0; side < sides; side++) {
                int way = samples_per_axis * outline_width * (1 - 2 * (side & 1));
                ivec2 offset = side < 2 ? ivec2(way, 0) : ivec2(0, way);
                edge = max(edge, step_back(here, eye_distance(texel + offset, size)));
            }

            // A surface that goes up on one side and down on the other is a slope; one that goes up on
            // both is a crease, which less light reaches.
            float crease = 0.0;
            int pairs = occlusion_amount > 0.0 ? OCCLUSION_PAIRS : 0;
            float angstrom = 0.5 * float(size.y) * projection[1][1] / (orthographic > 0.5 ? 1.0 : here);
            float reach = min(OCCLUSION_RADIUS * angstrom, OCCLUSION_REACH * float(size.y));
            for (int pair = 0; pair < pairs; pair++) {
                // Places on a spiral, a different one for each sample of the pixel.
                float place = (float(pair) + (float(index) + 0.5) / float(count)) / float(OCCLUSION_PAIRS);
                float angle = 2.399963 * (float(pair * count + index) + 0.5);
                ivec2 offset = ivec2(reach * mix(0.12, 1.0, place) * vec2(cos(angle), sin(angle)));
                float both = rise(here, eye_distance(texel + offset, size))
                    + rise(here, eye_distance(texel - offset, size));
                crease += max(both, 0.0) / float(OCCLUSION_PAIRS);
            }

            vec3 shown = color.rgb * (1.0 - outline_amount * edge) * (1.0 - occlusion_amount * min(crease, 1.0));
            // Averaging squares approximates averaging light; sRGB values average too dark.
            sum += shown * shown;
            coverage += 1.0;
        }
    }
    vec3 back = background.rgb * background.rgb * (float(count) - coverage);
    float alpha = mix(background.a, 1.0, coverage / float(count));
    vec3 opaque = sqrt((sum + back) / float(count));
    vec3 premultiplied = sqrt(sum / max(coverage, 1.0)) * alpha;
    out_color = vec4(background.a > 0.5 ? opaque : premultiplied, alpha);
}
