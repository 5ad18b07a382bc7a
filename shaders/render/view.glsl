// Shared by all molecule shaders: the camera, and the ray through a point of the image.
// All geometry is handled in view space: the eye at the origin looks along -z, units are angstrom.

uniform mat4 view;
uniform mat4 projection;
uniform float orthographic; // 1 for parallel projection, 0 for perspective

struct Ray {
    vec3 origin;
    vec3 direction;
};

// The viewing ray through a point in view space.
Ray ray_through(vec3 point) {
    if (orthographic > 0.5) {
        return Ray(vec3(point.xy, 0.0), vec3(0.0, 0.0, -1.0));
    }
    return Ray(vec3(0.0), normalize(point));
}

// Window-space depth of a point in view space.
float window_depth(vec3 point) {
    float z = projection[2][2] * point.z + projection[3][2];
    float w = projection[2][3] * point.z + projection[3][3];
    return 0.5 * z / w + 0.5;
}
