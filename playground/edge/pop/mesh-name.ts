/** Of the main region, in its certificate for PoPs. */
export const MESH_NAME = "mesh.main.internal";
