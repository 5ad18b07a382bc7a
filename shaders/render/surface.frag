// Triangle meshes (ribbons), lit on both sides.

in vec3 surface_point;
in vec3 surface_normal;
in vec3 surface_albedo;

void main() {
    vec3 toward_eye = orthographic > 0.5 ? vec3(0.0, 0.0, 1.0) : -surface_point;
    vec3 normal = normalize(surface_normal);
    if (dot(normal, toward_eye) < 0.0) {
        normal = -normal;
    }
    shade(surface_point, normal, surface_albedo);
}
