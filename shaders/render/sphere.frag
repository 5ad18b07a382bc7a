// The exact sphere behind the quad: nearest hit of the viewing ray, its depth and its normal.

in vec3 quad_point;
flat in vec3 sphere_center;
flat in float sphere_radius;
flat in vec3 sphere_albedo;

void main() {
    Ray ray = ray_through(quad_point);
    vec3 from_center = ray.origin - sphere_center;
    float along = dot(from_center, ray.direction);
    // Distance of the ray from the center, by its perpendicular: no cancellation far from the eye.
    vec3 perpendicular = from_center - along * ray.direction;
    float discriminant = sphere_radius * sphere_radius - dot(perpendicular, perpendicular);
    if (discriminant < 0.0) {
        discard;
    }
    vec3 point = ray.origin + (-along - sqrt(discriminant)) * ray.direction;
    float depth = window_depth(point);
    if (depth <= 0.0) {
        discard;
    }
    gl_FragDepth = depth;
    shade(point, (point - sphere_center) / sphere_radius, sphere_albedo);
}
