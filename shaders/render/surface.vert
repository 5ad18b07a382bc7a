// Triangle meshes (ribbons) with a normal and a color per vertex.

in vec3 position;  // angstrom
in vec3 normal;
in vec3 albedo;    // light

out vec3 surface_point;
out vec3 surface_normal;
out vec3 surface_albedo;

void main() {
    vec4 p = view * vec4(position, 1.0);
    surface_point = p.xyz;
    surface_normal = mat3(view) * normal;
    surface_albedo = albedo;
    gl_Position = projection * p;
}
