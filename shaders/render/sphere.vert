// A quad that covers exactly the outline of a sphere, facing the eye.

in vec2 corner;      // per vertex, (-1, -1) to (1, 1)
in vec3 center;      // per instance, angstrom
in vec4 appearance;  // per instance: light, radius in angstrom

out vec3 quad_point;
flat out vec3 sphere_center;
flat out float sphere_radius;
flat out vec3 sphere_albedo;

void main() {
    vec3 c = (view * vec4(center, 1.0)).xyz;
    float radius = appearance.w;
    vec3 toward_eye = vec3(0.0, 0.0, 1.0);
    float half_size = radius;
    if (orthographic < 0.5) {
        float distance_squared = max(dot(c, c), 1e-6);
        toward_eye = -c * inversesqrt(distance_squared);
        // The cone of rays that touch the sphere, cut at its center.
        half_size = radius * inversesqrt(max(1.0 - radius * radius / distance_squared, 0.05));
    }
    vec3 right = normalize(vec3(toward_eye.z, 0.0, -toward_eye.x));
    vec3 up = cross(toward_eye, right);

    quad_point = c + (right * corner.x + up * corner.y) * half_size;
    sphere_center = c;
    sphere_radius = radius;
    sphere_albedo = appearance.rgb;
    gl_Position = projection * vec4(quad_point, 1.0);
}
