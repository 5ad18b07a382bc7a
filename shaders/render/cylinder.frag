// The exact open cylinder inside the box. Its ends lie inside the atoms, so that it needs no caps.

in vec3 box_point;
flat in vec3 start_point;
flat in vec3 axis;
flat in float bond_length;
flat in float bond_radius;
flat in vec3 albedo_at_start;
flat in vec3 albedo_at_end;

void main() {
    Ray ray = ray_through(box_point);
    // Components across the axis reduce the problem to a circle. The ray is taken from the point on
    // the box, which is near: from the eye, squares of large distances would cancel.
    vec3 from_start = box_point - start_point;
    vec3 d = ray.direction - axis * dot(ray.direction, axis);
    vec3 o = from_start - axis * dot(from_start, axis);
    float a = dot(d, d);
    float b = dot(o, d);
    float discriminant = b * b - a * (dot(o, o) - bond_radius * bond_radius);
    if (a < 1e-8 || discriminant < 0.0) {
        discard;
    }
    float t = (-b - sqrt(discriminant)) / a;
    vec3 point = box_point + t * ray.direction;
    float along = dot(point - start_point, axis);
    float depth = window_depth(point);
    if (along < 0.0 || along > bond_length || depth <= 0.0) {
        discard;
    }
    gl_FragDepth = depth;
    vec3 normal = (point - start_point - axis * along) / bond_radius;
    shade(point, normal, along < 0.5 * bond_length ? albedo_at_start : albedo_at_end);
}
