// A box around a bond, aligned with it.

in vec3 corner;      // per vertex: x and y from -1 to 1 across the bond, z from 0 to 1 along it
in vec3 bond_start;  // per instance, angstrom
in vec3 bond_end;    // per instance, angstrom
in vec4 appearance;  // per instance: light at the start, radius in angstrom
in vec3 end_albedo;  // per instance: light at the end

out vec3 box_point;
flat out vec3 start_point;
flat out vec3 axis;
flat out float bond_length;
flat out float bond_radius;
flat out vec3 albedo_at_start;
flat out vec3 albedo_at_end;

void main() {
    vec3 start = (view * vec4(bond_start, 1.0)).xyz;
    vec3 end = (view * vec4(bond_end, 1.0)).xyz;
    vec3 along = end - start;
    float len = max(length(along), 1e-5);
    axis = along / len;
    vec3 helper = abs(axis.z) < 0.9 ? vec3(0.0, 0.0, 1.0) : vec3(1.0, 0.0, 0.0);
    vec3 u = normalize(cross(helper, axis));
    vec3 v = cross(axis, u);

    bond_radius = appearance.w;
    bond_length = len;
    start_point = start;
    albedo_at_start = appearance.rgb;
    albedo_at_end = end_albedo;
    box_point = start + axis * (corner.z * len) + (u * corner.x + v * corner.y) * bond_radius;
    gl_Position = projection * vec4(box_point, 1.0);
}
