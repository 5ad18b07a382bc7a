// Copies the finished image into the window, pixel by pixel.

uniform sampler2D image;
uniform vec2 origin; // lower left corner of the image in the window, pixels

layout(location = 0) out vec4 out_color;

void main() {
    out_color = texelFetch(image, ivec2(gl_FragCoord.xy - origin), 0);
}
