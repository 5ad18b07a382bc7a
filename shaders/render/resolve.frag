// Averages the samples of each pixel, draws outlines where depth jumps, and lays the molecule over
// the background. Colours are sRGB in and out; the output is premultiplied by its alpha.

uniform sampler2D color_map;
uniform sampler2D depth_map;
uniform mat4 projection;
uniform int samples_per_axis;
uniform float outline_amount;  // 0 switches outlines off
uniform vec4 background;       // sRGB, premultiplied; alpha 0 for a transparent image

layout(location = 0) out vec4 out_color;

// Distance from the eye along the viewing direction, angstrom.
float eye_distance(ivec2 texel, ivec2 size) {
    float ndc = 2.0 * texelFetch(depth_map, clamp(texel, ivec2(0), size - 1), 0).r - 1.0;
    return (projection[3][2] - ndc * projection[3][3]) / (projection[2][2] - ndc * projection[2][3]);
}

// How strongly a neighbour at distance `there` lies behind a surface at distance `here`.
float step_back(float here, float there) {
    return smoothstep(0.8, 2.6, there - here);
}

void main() {
    ivec2 size = textureSize(color_map, 0);
    ivec2 first = ivec2(gl_FragCoord.xy) * samples_per_axis;
    vec3 sum = vec3(0.0);
    float coverage = 0.0;
    for (int y = 0; y < samples_per_axis; y++) {
        for (int x = 0; x < samples_per_axis; x++) {
            ivec2 texel = first + ivec2(x, y);
            vec4 color = texelFetch(color_map, texel, 0);
            if (color.a < 0.5) {
                continue;
            }
            if (outline_amount > 0.0) {
                int reach = samples_per_axis;
                float here = eye_distance(texel, size);
                float edge = max(
                    max(step_back(here, eye_distance(texel + ivec2(reach, 0), size)),
                        step_back(here, eye_distance(texel - ivec2(reach, 0), size))),
                    max(step_back(here, eye_distance(texel + ivec2(0, reach), size)),
                        step_back(here, eye_distance(texel - ivec2(0, reach), size))));
                color.rgb *= 1.0 - outline_amount * edge;
            }
            // Averaging squares approximates averaging light; sRGB values average too dark.
            sum += color.rgb * color.rgb;
            coverage += 1.0;
        }
    }
    float count = float(samples_per_axis * samples_per_axis);
    vec3 back = background.rgb * background.rgb * (count - coverage);
    float alpha = mix(background.a, 1.0, coverage / count);
    if (background.a > 0.5) {
        out_color = vec4(sqrt((sum + back) / count), 1.0);
    } else {
        vec3 color = coverage > 0.0 ? sqrt(sum / coverage) : vec3(0.0);
        out_color = vec4(color * alpha, alpha);
    }
}
