//! The molecule in three dimensions: drawn with three-d inside an egui paint callback, on egui's own OpenGL
//! context (ARCHITECTURE.md §2).
//!
//! ```text
//! Viewport (this file) ── pointer, keys, camera, labels
//!   ├─ scene     what is drawn, on the CPU        ── ribbon, palette, style
//!   ├─ pick      which atom is under the pointer
//!   └─ gpu       buffers and passes               ── shaders/render
//! ```
//!
//! During playback [`Viewport::set_positions`] uploads positions alone and the camera stays where it is.

mod camera;
mod framing;
mod ghost;
mod gpu;
mod highlight;
mod measurement_labels;
mod navigation;
mod overlay;
pub mod palette;
mod pick;
pub mod ribbon;
mod scene;
mod screenshot;
mod style;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use equijump_engine::structure::Topology;

pub use camera::{Camera, Projection, Ray};
pub use framing::Bounds;
pub use ghost::Conformation;
pub use gpu::GraphicsError;
pub use highlight::Highlight;
pub use measurement_labels::MeasurementLabel;
pub use screenshot::ImageRequest;
pub use style::{
    AtomsShown, Background, Coloring, Representation, RibbonAtoms, SecondaryStructureClass, Style,
};

use self::gpu::{Graphics, View};
use self::navigation::{Hover, Transition};
use self::scene::{Revision, Scene};

/// Samples per pixel and axis of a view at rest, and of one that moves on a software renderer.
const FINE_SAMPLES_PER_AXIS: u32 = 2;
const COARSE_SAMPLES_PER_AXIS: u32 = 1;
/// Space around the centers of atoms when the molecule is framed, Å: no atom is larger.
const FRAME_MARGIN_ANGSTROM: f32 = 1.9;
/// A full turn of a spinning molecule takes twelve seconds.
pub const SPIN_DEGREES_PER_S: f32 = 30.0;
/// How long nothing must move before a software renderer draws finely.
const REST_SECONDS: f64 = 0.2;

/// What the user did in the viewport during one pass.
#[derive(Debug)]
pub struct ViewportResponse {
    /// egui's response for the whole area; context menus and focus hang on it.
    pub response: egui::Response,
    /// The atom under the pointer.
    pub hovered_atom: Option<usize>,
    /// The atom that was clicked.
    pub clicked_atom: Option<usize>,
    /// Whether the background was clicked, which usually means to select nothing.
    pub clicked_background: bool,
}

/// What the user interface and the paint callback share. Both run on the same thread.
#[derive(Default)]
struct Shared {
    scene: Scene,
    graphics: Graphics,
    requested_image: Option<(ImageRequest, View)>,
    finished_image: Option<Result<image::RgbaImage, GraphicsError>>,
}

/// The 3D view of one molecule.
#[derive(Default)]
pub struct Viewport {
    shared: Arc<Mutex<Shared>>,
    camera: Camera,
    transition: Option<Transition>,
    framing: Framing,
    /// The user has come nearer than what fits the molecule into the view.
    zoomed_in: bool,
    /// The positions that were last found to lie in view, and the shape of the view, width over height.
    kept_in_view: Option<(Revision, f32)>,
    /// How far depth cueing reaches, fixed when the molecule is framed, Å.
    fog_radius_angstrom: Option<f32>,
    aspect: f32,
    dark_theme: bool,
    hover: Hover,
    selected_atom: Option<usize>,
    /// Atoms with something wrong about them.
    flagged_atoms: Vec<usize>,
    /// Atoms chosen for a measurement that is not complete.
    picked_atoms: Vec<usize>,
    measurement_labels: Vec<MeasurementLabel>,
    /// Names written at atoms.
    labels: Vec<(usize, String)>,
    ghosts_shown: usize,
    spinning: bool,
    fit_following: bool,
    view_revision: u64,
    /// Who has the keyboard's focus where the view has it.
    id: Option<egui::Id>,
    wants_focus: bool,
    samples_per_axis: Option<u32>,
    last_drawn: Option<(Revision, Camera)>,
    last_change_seconds: f64,
}

/// Whether the camera has to be placed once positions are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Framing {
    /// A new molecule: turn it to its best side, and fit it.
    #[default]
    FaceAndFit,
    /// The camera of another session: it stays if it shows the molecule, which may be elsewhere now.
    Restored,
    /// The camera stays.
    Done,
}

impl Viewport {
    /// An empty view.
    pub fn new() -> Self {
        Self { aspect: 1.0, ..Self::default() }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A panic in the paint callback is caught there; should one slip through, the scene is still whole.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows another molecule. The camera will be fitted to it with its first positions.
    pub fn set_molecule(&mut self, topology: Arc<Topology>) {
        self.shared().scene.set_topology(topology);
        self.framing = Framing::FaceAndFit;
        self.fog_radius_angstrom = None;
        self.transition = None;
        self.hover = Hover::default();
        self.forget_marks();
    }

    /// Shows nothing.
    pub fn clear(&mut self) {
        self.shared().scene.clear();
        self.framing = Framing::FaceAndFit;
        self.hover = Hover::default();
        self.forget_marks();
    }

    fn forget_marks(&mut self) {
        self.selected_atom = None;
        self.picked_atoms.clear();
        self.flagged_atoms.clear();
        self.measurement_labels.clear();
        self.labels.clear();
    }

    /// The molecule that is shown.
    pub fn molecule(&self) -> Option<Arc<Topology>> {
        self.shared().scene.topology().cloned()
    }

    /// Sets the positions of all atoms, Å, in the topology's order. Only these are uploaded, and the camera
    /// stays where it is. Positions of another number of atoms are refused: returns false.
    pub fn set_positions(&mut self, positions_angstrom: &[[f32; 3]]) -> bool {
        let accepted = self.shared().scene.set_positions(positions_angstrom);
        if !accepted {
            log::error!(
                "3D view: {} positions do not belong to the molecule shown",
                positions_angstrom.len()
            );
        }
        accepted
    }

    /// Shows conformations as thin backbones, or beside a ribbon as ribbons where their secondary structure is
    /// known, each in its color. Positions of another number of atoms are refused:
    /// returns false.
    pub fn set_ghosts(&mut self, conformations: Vec<Conformation>) -> bool {
        let count = conformations.len();
        let accepted = self.shared().scene.set_ghosts(conformations);
        if accepted {
            self.ghosts_shown = count;
        }
        accepted
    }

    /// Number of conformations shown beside the molecule.
    pub fn ghost_count(&self) -> usize {
        self.ghosts_shown
    }

    /// Makes atoms stand out.
    pub fn set_highlight(&mut self, highlight: Highlight) {
        self.shared().scene.set_highlight(highlight);
    }

    /// The atoms that stand out.
    pub fn highlight(&self) -> Highlight {
        self.shared().scene.highlight().clone()
    }

    /// Writes names at atoms.
    pub fn set_labels(&mut self, labels: Vec<(usize, String)>) {
        self.labels = labels;
    }

    /// The names written at atoms.
    pub fn labels(&self) -> &[(usize, String)] {
        &self.labels
    }

    /// Turns the molecule all the time, or no more.
    pub fn set_spinning(&mut self, spinning: bool) {
        self.spinning = spinning;
    }

    /// Keeps the molecule centered and fitted through all frames, or no more.
    pub fn set_fit_following(&mut self, following: bool) {
        self.fit_following = following;
        self.kept_in_view = None;
    }

    /// Grows with every change of the view that the user made, not with those that come by themselves.
    pub fn view_revision(&self) -> u64 {
        self.view_revision
    }

    /// Gives the view the keyboard's focus: its keys turn, move and zoom.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Whether it has the keyboard's focus.
    pub fn has_focus(&self, ctx: &egui::Context) -> bool {
        self.id.is_some_and(|id| ctx.memory(|memory| memory.has_focus(id)))
    }

    /// Whether the camera is on its way somewhere.
    pub fn is_moving(&self) -> bool {
        self.transition.is_some()
    }

    /// Sets the secondary structure per residue, for ribbons and colors. Without it ribbons are tubes.
    pub fn set_secondary_structure(&mut self, secondary_structure: &[SecondaryStructureClass]) {
        self.shared().scene.set_secondary_structure(secondary_structure);
    }

    /// Sets a number per residue for [`Coloring::ResidueValue`]; the color scale runs over `range`.
    /// Residues whose number is missing or not finite are grey.
    pub fn set_residue_values(&mut self, values: &[f32], range: (f32, f32)) {
        let span = (range.1 - range.0).max(f32::MIN_POSITIVE);
        let fractions = values.iter().map(|value| (value - range.0) / span).collect();
        self.shared().scene.set_residue_values(fractions);
    }

    /// Changes the appearance.
    pub fn set_style(&mut self, style: Style) {
        self.shared().scene.set_style(style);
    }

    /// The present appearance.
    pub fn style(&self) -> Style {
        *self.shared().scene.style()
    }

    /// Names and colors of what is drawn, for a legend; empty where a scale stands in its place.
    pub fn legend(&self) -> Vec<(&'static str, palette::Srgb)> {
        self.shared().scene.legend()
    }

    /// The present camera, to be stored with a session.
    pub fn camera(&self) -> Camera {
        self.camera
    }

    /// Takes the camera of another session, which is fitted to the molecule where it does not show it.
    pub fn restore_camera(&mut self, camera: Camera) {
        if camera.is_valid() {
            self.set_camera(camera);
            self.framing = Framing::Restored;
            self.fog_radius_angstrom = None;
        }
    }

    /// Sets the camera; one that is not valid is ignored.
    pub fn set_camera(&mut self, camera: Camera) {
        if camera.is_valid() {
            self.camera = camera;
            self.transition = None;
            self.framing = Framing::Done;
        }
    }

    /// Looks from the side and as near as another view does, at its own molecule. Where that does not fit it steps back.
    pub fn look_like(&mut self, other: &Self) {
        self.camera = Camera { target_angstrom: self.camera.target_angstrom, ..other.camera };
        self.transition = None;
        self.framing = Framing::Done;
        self.zoomed_in = other.zoomed_in;
        self.kept_in_view = None;
    }

    /// Switches between perspective and parallel projection; the size at the target stays.
    pub fn set_projection(&mut self, projection: Projection) {
        self.view_revision += 1;
        self.camera.projection = projection;
        if let Some(transition) = &mut self.transition {
            transition.to.projection = projection;
        }
    }

    /// Marks an atom with a ring, or none.
    pub fn set_selected_atom(&mut self, atom: Option<usize>) {
        self.selected_atom = atom;
    }

    /// Marks atoms with something wrong about them.
    pub fn set_flagged_atoms(&mut self, atoms: &[usize]) {
        self.flagged_atoms = atoms.to_vec();
    }

    /// The atoms that are marked as wrong.
    pub fn flagged_atoms(&self) -> &[usize] {
        &self.flagged_atoms
    }

    /// Marks the atoms chosen so far for a measurement.
    pub fn set_picked_atoms(&mut self, atoms: &[usize]) {
        self.picked_atoms = atoms.to_vec();
    }

    /// Sets the measurements that are drawn over the molecule.
    pub fn set_measurement_labels(&mut self, marks: Vec<MeasurementLabel>) {
        self.measurement_labels = marks;
    }

    /// The measurements that are drawn over the molecule.
    pub fn measurement_labels(&self) -> &[MeasurementLabel] {
        &self.measurement_labels
    }

    /// Sets the samples per pixel and axis: 1 is fast, 2 and more smooth edges. `None` chooses: 2, but on
    /// software renderers 1 while something moves.
    pub fn set_samples_per_axis(&mut self, samples_per_axis: Option<u32>) {
        self.samples_per_axis = samples_per_axis.map(|samples| samples.clamp(1, 4));
    }

    /// Turns a spinning molecule by what has passed since the last pass.
    fn spin(&mut self, ui: &egui::Ui) {
        if !self.spinning || self.framing != Framing::Done {
            return;
        }
        let seconds = ui.input(|input| input.stable_dt).min(0.1);
        // A drag across the whole view is half a turn.
        self.camera.orbit(SPIN_DEGREES_PER_S * seconds / 180.0, 0.0);
        if let Some(transition) = &mut self.transition {
            transition.to.world_from_view = self.camera.world_from_view;
        }
        ui.request_repaint();
    }

    /// Fits the molecule into the view, keeping the direction from which it is seen.
    pub fn frame_molecule(&mut self) {
        self.view_revision += 1;
        self.frame_from(self.camera);
    }

    /// Turns the molecule to its best side and fits it into the view.
    pub fn reset_view(&mut self) {
        self.view_revision += 1;
        let mut camera = self.camera;
        camera.face_points(&self.shared().scene.framing_points());
        self.frame_from(camera);
    }

    /// Moves to `camera`, fitted to the molecule.
    fn frame_from(&mut self, mut camera: Camera) {
        let bounds = {
            let shared = self.shared();
            camera.frame(&shared.scene.framing_points(), FRAME_MARGIN_ANGSTROM, self.aspect);
            shared.scene.bounds()
        };
        if bounds.is_some() {
            self.zoomed_in = false;
            self.fog_radius_angstrom = bounds.map(|bounds| bounds.radius_angstrom);
            self.transition = Some(Transition::new(self.camera, camera));
        }
    }

    /// Brings an atom to the middle of the view, and near.
    pub fn focus_atom(&mut self, atom: usize) {
        let Some(position) = self.shared().scene.positions_angstrom().get(atom).copied() else { return };
        self.zoomed_in = true;
        self.view_revision += 1;
        let mut camera = self.camera;
        camera.target_angstrom = position;
        camera.distance_angstrom = camera.distance_angstrom.min(navigation::FOCUS_DISTANCE_ANGSTROM);
        self.transition = Some(Transition::new(self.camera, camera));
    }

    /// Fits atoms into the view.
    pub fn focus_atoms(&mut self, atoms: &[usize]) {
        let points: Vec<[f32; 3]> = {
            let shared = self.shared();
            let positions = shared.scene.positions_angstrom();
            atoms.iter().filter_map(|&atom| positions.get(atom).copied()).collect()
        };
        if points.is_empty() {
            return;
        }
        self.zoomed_in = true;
        self.view_revision += 1;
        let mut camera = self.camera;
        camera.frame(&points, FRAME_MARGIN_ANGSTROM, self.aspect);
        self.transition = Some(Transition::new(self.camera, camera));
    }

    /// The atom seen at a point of a view of the given width over height; `x` and `y` run from −1 to 1,
    /// rightwards and upwards.
    pub fn atom_at(&self, x: f32, y: f32, aspect: f32) -> Option<usize> {
        let mut shared = self.shared();
        shared.scene.update();
        pick::pick(&shared.scene, self.camera.ray(x, y, aspect)).map(|hit| hit.atom)
    }

    /// Fills the rest of `ui` with the view and handles the pointer and the keys in it.
    pub fn ui(&mut self, ui: &mut egui::Ui) -> ViewportResponse {
        let size = ui.available_size().max(egui::vec2(1.0, 1.0));
        let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click_and_drag());
        self.id = Some(response.id);
        if std::mem::take(&mut self.wants_focus) {
            response.request_focus();
        }
        let name = self.molecule().map(|topology| topology.name.clone());
        response.widget_info(|| {
            let label = name.as_ref().map_or("3D view".to_owned(), |name| format!("3D view of {name}"));
            egui::WidgetInfo::labeled(egui::Role::GraphicsObject, true, label)
        });
        self.aspect = rect.width() / rect.height();
        self.dark_theme = ui.visuals().dark_mode;
        self.shared().scene.update();
        self.place_camera();
        self.keep_in_view();
        self.spin(ui);
        let navigated = self.navigate(ui, &response);
        self.paint(ui, rect);
        self.overlay(ui, rect);
        ViewportResponse {
            hovered_atom: self.hover.atom(),
            clicked_atom: navigated.clicked.flatten(),
            clicked_background: navigated.clicked == Some(None),
            response,
        }
    }

    /// Fits the camera to a molecule that is shown for the first time.
    fn place_camera(&mut self) {
        if self.fog_radius_angstrom.is_none() {
            let bounds = self.shared().scene.bounds();
            self.fog_radius_angstrom = bounds.map(|bounds| bounds.radius_angstrom);
        }
        let mut camera = self.camera;
        match self.framing {
            Framing::Done => return,
            Framing::Restored => {
                let points = self.shared().scene.framing_points();
                if camera.shows(&points, self.aspect) {
                    // What the user came near to is not left again.
                    self.zoomed_in = points.iter().any(|&point| !camera.sees(point, self.aspect));
                    self.framing = Framing::Done;
                    return;
                }
            }
            Framing::FaceAndFit => camera.face_points(&self.shared().scene.framing_points()),
        }
        self.frame_from(camera);
        if let Some(transition) = self.transition.take() {
            self.camera = transition.to;
            self.framing = Framing::Done;
        }
    }

    /// Steps back where the molecule has grown out of the view, as an unfolding chain does, and follows one that has
    /// left it, as one that is not superposed does. A view that the user has zoomed into stays.
    fn keep_in_view(&mut self) {
        if self.framing != Framing::Done || self.transition.is_some() {
            return;
        }
        let revision = self.shared().scene.revision;
        // A view that has become narrower may have lost its ends as well.
        let looked_at = (revision, self.aspect);
        if self.kept_in_view == Some(looked_at) {
            return;
        }
        self.kept_in_view = Some(looked_at);
        if self.zoomed_in && !self.fit_following {
            return;
        }
        let points = self.shared().scene.framing_points();
        if self.fit_following {
            // At once: frames follow each other faster than a smooth move would take.
            self.camera.frame(&points, FRAME_MARGIN_ANGSTROM, self.aspect);
            return;
        }
        let stepped_back = self.camera.stepped_back(&points, FRAME_MARGIN_ANGSTROM, self.aspect);
        self.transition = stepped_back.map(|camera| Transition::new(self.camera, camera));
    }

    /// The image to be drawn; `None` while there are no positions. Its size is set by the painter.
    fn view(&self, scene: &Scene) -> Option<View> {
        let bounds = scene.bounds()?;
        let style = scene.style();
        // It goes with the molecule, which may wander.
        let radius_angstrom = self.fog_radius_angstrom.unwrap_or(bounds.radius_angstrom);
        Some(View {
            camera: self.camera,
            bounds,
            fog_bounds: Bounds { radius_angstrom, ..bounds },
            depth_cue: style.depth_cue,
            outline: style.outline,
            ambient_occlusion: style.ambient_occlusion,
            background: style.background.srgb(self.dark_theme),
            transparent: false,
            size: [0, 0],
            samples_per_axis: FINE_SAMPLES_PER_AXIS,
        })
    }

    /// How finely to draw now: software renderers draw coarsely while something moves.
    fn choose_samples(&mut self, ui: &egui::Ui, revision: Revision, software: bool) -> u32 {
        if let Some(samples) = self.samples_per_axis {
            return samples;
        }
        if !software {
            return FINE_SAMPLES_PER_AXIS;
        }
        let now_seconds = ui.input(|input| input.time);
        let drawn = Some((revision, self.camera));
        if self.last_drawn != drawn {
            self.last_drawn = drawn;
            self.last_change_seconds = now_seconds;
        }
        let rest_seconds = now_seconds - self.last_change_seconds;
        if rest_seconds >= REST_SECONDS {
            return FINE_SAMPLES_PER_AXIS;
        }
        ui.request_repaint_after(std::time::Duration::from_secs_f64(REST_SECONDS - rest_seconds));
        COARSE_SAMPLES_PER_AXIS
    }

    /// Hands the image over to egui's painter.
    fn paint(&mut self, ui: &egui::Ui, rect: egui::Rect) {
        let (view, revision, software, background) = {
            let shared = self.shared();
            let background = shared.scene.style().background.srgb(self.dark_theme);
            (self.view(&shared.scene), shared.scene.revision, shared.graphics.is_software(), background)
        };
        let [r, g, b] = background;
        ui.painter().rect_filled(rect, 0.0, egui::Color32::from_rgb(r, g, b));
        let Some(mut view) = view else { return };
        view.samples_per_axis = self.choose_samples(ui, revision, software);
        let shared = self.shared.clone();
        let context = ui.ctx().clone();
        let callback = move |info: egui::PaintCallbackInfo, painter: &egui_glow::Painter| {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let Shared { scene, graphics, requested_image, finished_image } = &mut *shared;
            // What was done after the view was laid out may have put another molecule into it.
            scene.update();
            let had_error = graphics.error.is_some();
            let viewport = info.viewport_in_pixels();
            let size = [viewport.width_px.max(1) as u32, viewport.height_px.max(1) as u32];
            graphics.paint(painter.gl(), scene, &View { size, ..view }, &info);
            if let Some((_, image_view)) = requested_image.take() {
                *finished_image = Some(graphics.render_image(painter.gl(), scene, &image_view));
                context.request_repaint();
            }
            if graphics.error.is_some() && !had_error {
                context.request_repaint(); // to show it
            }
        };
        ui.painter()
            .add(egui::PaintCallback { rect, callback: Arc::new(egui_glow::CallbackFn::new(callback)) });
    }

    /// Frees GPU memory while the context is current, as in eframe's `on_exit`.
    pub fn release_graphics(&mut self) {
        self.shared().graphics.release();
    }
}
